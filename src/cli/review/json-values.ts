/** A value in a text of JSON, and where it is. */
export interface JsonValue {
  readonly value: unknown;
  /** Offset of its first character. */
  readonly start: number;
  /** Offset behind its last character. */
  readonly end: number;
}

const OPENING = new Set(['{', '[']);
const CLOSING = new Set(['}', ']']);

/** The tokens that decide where a JSON value ends: brackets, quotes and escaped characters. */
const JSON_TOKENS = /[{}[\]"]|\\./gs;

type Extent = Omit<JsonValue, 'value'>;

function startOf(text: string, from: number): number {
  let start = from;
  while (start < text.length && text.charAt(start).trim() === '') start += 1;
  return start;
}

/** Finds concatenated JSON values by their brackets; JSON.parse validates them later. */
function findValues(text: string): readonly Extent[] {
  const values: Extent[] = [];
  let [start, depth, isQuoted] = [startOf(text, 0), 0, false];
  for (const { 0: token, index } of text.matchAll(JSON_TOKENS)) {
    if (token === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (OPENING.has(token)) depth += 1;
    else if (CLOSING.has(token)) depth -= 1;
    if (depth === 0 && CLOSING.has(token)) {
      values.push({ start, end: index + 1 });
      start = startOf(text, index + 1);
    }
  }
  return start === text.length ? values : [...values, { start, end: text.length }];
}

function tryParse(text: string, extents: readonly Extent[]): readonly JsonValue[] | null {
  try {
    return extents.map((extent) => ({
      ...extent,
      value: JSON.parse(text.slice(extent.start, extent.end)) as unknown,
    }));
  } catch {
    return null;
  }
}

/**
 * Parses one JSON value or, as kubectl does, several in a row, which is what jq prints. Returns null for anything else; the
 * YAML parser then reports the error with its line.
 */
export function parseJsonValues(text: string): readonly JsonValue[] | null {
  if (!/^\s*[[{]/.test(text)) return null;
  const whole = { start: startOf(text, 0), end: text.length };
  return tryParse(text, [whole]) ?? tryParse(text, findValues(text));
}

/** Returns the offset of the quote that closes a string. */
function endOfString(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at - 1;
    while (text.charAt(before) === '\\') before -= 1;
    // An even number of backslashes escapes only itself.
    if ((at - before) % 2 === 1) return at;
  }
  return text.length;
}

/** Returns the offsets of the objects in the array `items` of a valid JSON object: the items of a list. */
export function findItems(text: string, { start, end }: Extent): readonly number[] {
  const found: number[] = [];
  let [depth, key, isInItems] = [0, '', false];
  // A list of all Pods of a cluster has 50 MB, most of it spaces.
  const structure = /["{}[\]]/g;
  structure.lastIndex = start;
  for (let match = structure.exec(text); match !== null; match = structure.exec(text)) {
    const { 0: token, index } = match;
    if (index >= end) break;
    if (token === '"') {
      const close = endOfString(text, index);
      if (depth === 1) key = text.slice(index + 1, close);
      structure.lastIndex = close + 1;
    } else if (OPENING.has(token)) {
      if (depth === 1) isInItems = token === '[' && key === 'items';
      else if (depth === 2 && isInItems && token === '{') found.push(index);
      depth += 1;
    } else depth -= 1;
  }
  return found;
}
