/**
 * A value, or a promise of it. Nearly every admission is decided from memory, and awaiting known values in each layer took a
 * tenth of its time.
 */
export type MaybePromise<Value> = Value | Promise<Value>;

/** Runs the next step: at once if the value is known, otherwise when it resolves. */
export function whenKnown<Value, Next>(
  value: MaybePromise<Value>,
  proceed: (value: Value) => MaybePromise<Next>,
): MaybePromise<Next> {
  return value instanceof Promise ? value.then(proceed) : proceed(value);
}
