const LATE = Symbol('late');

/**
 * Resolves with the work's result, or with that of `late()` (which may throw) if the signal fires first. The work continues,
 * for later callers.
 */
export async function raceAbort<Result>(
  work: Promise<Result>,
  signal: AbortSignal,
  late: () => Result,
): Promise<Result> {
  // If the signal fires first, a later rejection of the work has no other handler.
  work.catch(() => undefined);
  const { promise: aborted, resolve } = Promise.withResolvers<typeof LATE>();
  const onAbort = (): void => resolve(LATE);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const first = await Promise.race([work, aborted]);
    return first === LATE ? late() : first;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Waits for shared work. If the signal fires, only this wait ends, and rejects with the signal's reason. */
export function rejectOnAbort<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return raceAbort(work, signal, () => {
    throw signal.reason as Error;
  });
}
