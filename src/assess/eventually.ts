/**
 * What is in memory is answered without a promise. Nearly every admission is, and awaiting known values in each layer took a
 * tenth of its time.
 */
export type Eventually<Value> = Value | Promise<Value>;

/** The next step: at once where the value is known, else when it comes. */
export function whenKnown<Value, Next>(
  value: Eventually<Value>,
  proceed: (value: Value) => Eventually<Next>,
): Eventually<Next> {
  return value instanceof Promise ? value.then(proceed) : proceed(value);
}
