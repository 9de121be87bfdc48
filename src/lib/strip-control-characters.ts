/**
 * Characters that control a terminal or disguise a text: 7-bit and 8-bit controls, line and paragraph separators, and
 * invisible characters such as those that reverse its direction (Unicode TR 36, 2.10.5).
 */
const UNPRINTABLE = String.raw`[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]`;
const RUN = new RegExp(`${UNPRINTABLE}+`, 'gu');

/** The same without line breaks and tabs, which multi-line texts need. */
const BEYOND_LINES = new RegExp(String.raw`(?![\n\t])${UNPRINTABLE}`, 'u');
const EACH_BEYOND_LINES = new RegExp(BEYOND_LINES.source, 'gu');

/**
 * Replaces control characters, so that a text that quotes a Pod or registry stays on one line: kubectl prints denials
 * unchanged. In a warning, a control character makes the Warning header invalid, and the API server drops it.
 */
export function stripControlCharacters(text: string): string {
  return text.replaceAll(RUN, ' ');
}

/** Does the same for each line of a text. */
export function stripControlCharactersInLines(text: string): string {
  return text.split('\n').map(stripControlCharacters).join('\n');
}

/** Reports whether a text contains control characters other than line breaks and tabs. */
export function hasControlCharacters(text: string): boolean {
  return BEYOND_LINES.test(text);
}

/** Replaces each control character, except line breaks and tabs, by its escape. */
export function escapeControlCharacters(text: string, escape: (character: string) => string): string {
  return text.replaceAll(EACH_BEYOND_LINES, escape);
}

/** Escapes each UTF-16 unit: a character outside the BMP gets two escapes. */
function jsonEscape(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

/** JSON.stringify writes the first form for lone surrogates only. The second one skips escaped backslashes. */
const LONE_SURROGATE = /\\(?:u[Dd][89A-Fa-f][\dA-Fa-f]{2}|.)/g;

/**
 * Returns JSON that is safe to print on a terminal: JSON.stringify leaves C1 controls and bidirectional overrides as they are.
 * Replaces lone surrogates, which strict parsers reject, as Go does.
 */
export function escapeJson(json: string): string {
  const wellFormed = json.replaceAll(LONE_SURROGATE, (escape) => (escape.length > 2 ? '\\ufffd' : escape));
  return escapeControlCharacters(wellFormed, jsonEscape);
}
