import { escapeControlCharacters } from '../lib/strip-control-characters.ts';

/** An astral character is two units, and two escapes. */
function escape(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

/**
 * JSON that may be shown on a terminal; to whoever parses it, it says the same. JSON.stringify leaves controls of 8 bits as
 * they are, and what turns the text around.
 */
export function plainJson(json: string): string {
  return escapeControlCharacters(json, escape);
}
