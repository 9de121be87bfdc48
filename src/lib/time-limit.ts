/** A signal that fires when its time is over, or when it is disposed of. */
export interface TimeLimit extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Creates a limit for work that may end long before it. Node keeps the timer of `AbortSignal.timeout`, and signals that follow
 * it, until the time is over: some kilobytes for each of thousands of lookups that took milliseconds.
 */
export function createTimeLimit(milliseconds: number): TimeLimit {
  const controller = new AbortController();
  const end = (): void => controller.abort(new DOMException('The time is over', 'TimeoutError'));
  const timer = setTimeout(end, milliseconds).unref();
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      end();
    },
  };
}
