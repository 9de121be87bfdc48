/** Of an object, a list or a map: its own header and what V8 keeps beside it. */
const NODE_BYTES = 64;
/** Of one field, item or entry, beside what stands in it. */
const SLOT_BYTES = 32;

function weighAll(values: Iterable<unknown>): number {
  let bytes = NODE_BYTES;
  for (const value of values) bytes += SLOT_BYTES + weigh(value);
  return bytes;
}

/**
 * About how many bytes of memory a value takes, so that a cache is bounded by what registries and Pods put into it and not
 * by the number of entries alone. For data without cycles, of a shape that the code fixes: it goes no deeper than that.
 */
export function weigh(value: unknown): number {
  if (typeof value === 'string') return 2 * value.length;
  if (typeof value !== 'object' || value === null) return 0;
  if (value instanceof Map) return weighAll([...value.keys(), ...value.values()]);
  return weighAll(Object.values(value));
}
