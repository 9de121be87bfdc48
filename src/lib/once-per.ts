/**
 * Returns the function with a memory: it computes the value of each object once, and forgets it with the object. For values
 * that follow from what never changes, such as a manifest, and are asked for by each of up to 256 containers.
 */
export function oncePer<Key extends object, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, { readonly value: Value }>();
  return (key) => {
    const before = known.get(key);
    if (before !== undefined) return before.value;
    const value = compute(key);
    known.set(key, { value });
    return value;
  };
}
