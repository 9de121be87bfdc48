/** What JSON.stringify leaves as it is and some terminals obey: controls of 8 bits, and what turns the text around. */
const OBEYED = /[\u{7f}-\u{9f}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** An astral character is two units, and two escapes. */
function escape(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

/** JSON that may be shown on a terminal; to whoever parses it, it says the same. */
export function plainJson(json: string): string {
  return json.replaceAll(OBEYED, escape);
}
