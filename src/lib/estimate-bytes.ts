/** Memory of values without their parts, in bytes (measured, V8 13.6). */
const BYTES = {
  /** An object takes 24, a list 48. */
  node: 40,
  /** A field or item, and a number that does not fit into it. */
  slot: 8,
  number: 16,
  map: 208,
  /** A key with its value: the table of a Map is up to twice as large as needed. */
  entry: 64,
  text: 24,
} as const;

const BEYOND_LATIN_1 = /[\u0100-\uffff]/;

/** V8 stores a text with two bytes per character if any of them needs two. */
function textBytes(text: string): number {
  return BYTES.text + (BEYOND_LATIN_1.test(text) ? 2 : 1) * text.length;
}

function nodeBytes(value: object, parts: number): number {
  if (!(value instanceof Map)) return BYTES.node + BYTES.slot * parts;
  // Empty ones are shared (json.ts, image-facts.ts).
  return value.size === 0 ? 0 : BYTES.map + BYTES.entry * value.size;
}

function partsOf(value: object): readonly unknown[] {
  return value instanceof Map ? [...value.keys(), ...value.values()] : Object.values(value);
}

/**
 * Estimates the memory of a value, so that a cache is bounded by the bytes that registries and Pods put into it, not only by
 * its entries. Texts that values share count for each of them. The value must have no cycles.
 * @param most beyond it, the rest of the value does not count
 */
export function estimateBytes(value: unknown, most = Infinity): number {
  const open = [value];
  let bytes = 0;
  while (open.length > 0 && bytes <= most) {
    const next = open.pop();
    if (typeof next === 'string') bytes += textBytes(next);
    if (typeof next === 'number') bytes += BYTES.number;
    if (typeof next !== 'object' || next === null) continue;
    const parts = partsOf(next);
    bytes += nodeBytes(next, parts.length);
    for (const part of parts) open.push(part);
  }
  return bytes;
}

/** Memory per opening bracket: nested lists take 58 bytes each (measured, V8 13.6). */
const BRACKET_BYTES = 64;
/** Memory per comma and colon, for a slot, key or short string: a field with a unique name takes 90 for both. */
const MARK_BYTES = 48;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const LIST = 0x5b;
const BACKSLASH = 0x5c;
const OBJECT = 0x7b;

/** Returns the index of the closing quote; the length of the text if there is none. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let before = end;
    while (text.charCodeAt(before - 1) === BACKSLASH) before -= 1;
    if ((end - before) % 2 === 0) return end;
  }
  return text.length;
}

/**
 * Estimates, before parsing, the most memory that the values of a JSON text take beside the text: 4 MiB of `[[[[` take
 * 111 MiB, and 4 MiB of `{},{},` take 89 MiB.
 */
export function estimateJsonBytes(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) index = endOfString(text, index);
    else if (code === COMMA || code === COLON) bytes += MARK_BYTES;
    else if (code === LIST || code === OBJECT) bytes += BRACKET_BYTES;
  }
  return bytes;
}
