/**
 * What the work comes to, or `late` as soon as the signal fires. The work goes on all the same, for those who ask later; its
 * fault, if it has one, is told to whoever still waits.
 */
export async function orLate<Result>(
  work: Promise<Result>,
  signal: AbortSignal,
  late: () => Result,
): Promise<Result> {
  const { promise, resolve } = Promise.withResolvers<Result>();
  const onAbort = (): void => resolve(late());
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    work.catch(() => undefined);
  }
}
