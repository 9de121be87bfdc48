/** Waits for work that others wait for too: when the signal aborts only this wait ends, the work goes on. */
export async function waitFor<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  // Nobody may be left to hear how it ends.
  work.catch(() => undefined);
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
