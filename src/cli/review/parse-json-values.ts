const OPENING = new Set(['{', '[']);
const CLOSING = new Set(['}', ']']);

/** Only what decides where a value ends: brackets, quotes, and what stands after a backslash. */
const MARKS = /[{}[\]"]|\\./gs;

/** The texts of the values that follow each other, as far as brackets tell; JSON.parse then says whether they are any. */
function splitValues(text: string): readonly string[] {
  const values: string[] = [];
  let [start, depth, isQuoted] = [0, 0, false];
  for (const { 0: mark, index } of text.matchAll(MARKS)) {
    if (mark === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (OPENING.has(mark)) depth += 1;
    else if (CLOSING.has(mark)) depth -= 1;
    if (depth === 0 && CLOSING.has(mark)) {
      values.push(text.slice(start, index + 1));
      start = index + 1;
    }
  }
  const rest = text.slice(start);
  return rest.trim() === '' ? values : [...values, rest];
}

function tryParse(texts: readonly string[]): readonly unknown[] | null {
  try {
    return texts.map((text) => JSON.parse(text) as unknown);
  } catch {
    return null;
  }
}

/**
 * The values of a JSON file: one, or as kubectl reads them too, several on end, which is what jq writes. Null where the text is
 * none; YAML then says where, line by line.
 */
export function parseJsonValues(text: string): readonly unknown[] | null {
  if (!/^\s*[[{]/.test(text)) return null;
  return tryParse([text]) ?? tryParse(splitValues(text));
}
