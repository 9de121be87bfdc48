/**
 * What a terminal would obey, or what makes a text look like another: controls of 7 and of 8 bits, line and paragraph
 * separators, and what is invisible but turns the text around (Unicode TR 36, 2.10.5).
 */
const UNPRINTABLE = String.raw`[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]`;
const RUN = new RegExp(`${UNPRINTABLE}+`, 'gu');

/** Line ends and tabs are obeyed, too; texts of several lines are made of them. */
const BEYOND_LINES = new RegExp(String.raw`(?![\n\t])${UNPRINTABLE}`, 'u');
const EACH_BEYOND_LINES = new RegExp(BEYOND_LINES.source, 'gu');

/**
 * Text that names what a Pod or a registry says, on one line and without anything that a terminal would obey: kubectl prints
 * a denial as it comes. In a warning, a control character would make the Warning header invalid, and the API server drop it.
 */
export function stripControlCharacters(text: string): string {
  return text.replaceAll(RUN, ' ');
}

/** The same for a text of several lines. */
export function stripControlCharactersInLines(text: string): string {
  return text.split('\n').map(stripControlCharacters).join('\n');
}

/** Whether there is more to it than lines and tabs. */
export function hasControlCharacters(text: string): boolean {
  return BEYOND_LINES.test(text);
}

/** Each unprintable character but line ends and tabs as something that stands for it. */
export function escapeControlCharacters(text: string, escape: (character: string) => string): string {
  return text.replaceAll(EACH_BEYOND_LINES, escape);
}
