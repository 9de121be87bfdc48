/**
 * The one time budget of an admission. The signal (and its timer) is made only when something waits for it: an
 * admission answered from memory costs no timer.
 */
export interface Deadline {
  readonly signal: () => AbortSignal;
}

/** @param milliseconds from now */
export function createDeadline(milliseconds: number): Deadline {
  const started = performance.now();
  let signal: AbortSignal | undefined;
  return {
    signal: () => {
      signal ??= AbortSignal.timeout(Math.max(0, Math.ceil(milliseconds - (performance.now() - started))));
      return signal;
    },
  };
}
