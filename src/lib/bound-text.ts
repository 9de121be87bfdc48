/** Returns the number of code points, in few steps for the usual short text. */
export function countRunes(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0xdc00 || unit > 0xdfff) count += 1;
  }
  return count;
}

function isWithin(text: string, runes: number): boolean {
  return text.length <= runes || (text.length <= 2 * runes && countRunes(text) <= runes);
}

/** Returns the first code points. Each takes at most two UTF-16 units, so that a text of any length costs no more than its bound. */
function firstRunes(text: string, runes: number): string {
  return Array.from(text.slice(0, 2 * runes))
    .slice(0, runes)
    .join('');
}

function lastRunes(text: string, runes: number): string {
  return runes === 0
    ? ''
    : Array.from(text.slice(-2 * runes))
        .slice(-runes)
        .join('');
}

/** Truncates a text to so many code points, with an ellipsis at the end. Replaces lone surrogates. */
export function cutEnd(text: string, runes: number): string {
  const clean = text.toWellFormed();
  return isWithin(clean, runes) ? clean : `${firstRunes(clean, runes - 1)}…`;
}

/** A part of a word at a cut would read as another word. Longer ones, such as digests, are cut. */
const PART_AT_END = /(?<=\s)\S{1,24}$/;
const PART_AT_START = /^\S{1,24}(?=\s)/;

/**
 * Returns at most so many code points: of a longer text the start and the end, with an ellipsis in place of the words between
 * them.
 */
export function cutMiddle(text: string, runes: number): string {
  const clean = text.toWellFormed();
  if (isWithin(clean, runes)) return clean;
  const end = Math.floor((runes - 1) / 2);
  const start = firstRunes(clean, runes - 1 - end).replace(PART_AT_END, '');
  return `${start}…${lastRunes(clean, end).replace(PART_AT_START, '')}`;
}

const ELLIPSIS_BYTES = 3;
const LONGEST_RUNE_BYTES = 4;

/** Shortens a text like `cutMiddle`, to a number of bytes of UTF-8. */
export function cutMiddleToBytes(text: string, bytes: number): string {
  const clean = text.toWellFormed();
  if (clean.length <= bytes && Buffer.byteLength(clean) <= bytes) return clean;
  // Right for ASCII, which nearly all texts are. Any other is cut shorter than it must be.
  const shown = cutMiddle(clean, bytes - ELLIPSIS_BYTES + 1);
  if (Buffer.byteLength(shown) <= bytes) return shown;
  return cutMiddle(clean, Math.floor(bytes / LONGEST_RUNE_BYTES));
}
