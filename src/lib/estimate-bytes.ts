/** Bytes of an object, a list or a map: its header and what V8 keeps beside it. */
const NODE_BYTES = 64;
/** Bytes of one field, item or entry, beside its value. */
const SLOT_BYTES = 32;

function partsOf(value: object): readonly unknown[] {
  return value instanceof Map ? [...value.keys(), ...value.values()] : Object.values(value);
}

/**
 * Estimates the bytes of memory that a value takes, so that a cache is bounded by what registries and Pods put into it, and
 * not only by its number of entries. The value must have no cycles.
 */
export function estimateBytes(value: unknown): number {
  const open = [value];
  let bytes = 0;
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === 'string') bytes += 2 * next.length;
    if (typeof next !== 'object' || next === null) continue;
    const parts = partsOf(next);
    bytes += NODE_BYTES + SLOT_BYTES * parts.length;
    for (const part of parts) open.push(part);
  }
  return bytes;
}
