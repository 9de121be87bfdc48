const LATE = Symbol('late');

/**
 * What the work comes to, or `late`, which may throw, as soon as the signal fires. The work goes on all the same, for those
 * who ask later; its fault, if it has one, is told to whoever still waits.
 */
export async function orLate<Result>(
  work: Promise<Result>,
  signal: AbortSignal,
  late: () => Result,
): Promise<Result> {
  // Nobody may be left to hear how it ends.
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
