import { stripControlCharacters } from '../lib/strip-control-characters.ts';

/**
 * What the API server keeps of warnings: 256 runes each once all of them pass 4096 together, and nothing beyond 4096
 * (apiserver, pkg/endpoints/filters/warning.go). A rune is a code point, not a UTF-16 unit.
 */
export const WARNING_BOUNDS = {
  runesEach: 256,
  runesTogether: 4096,
  /** What the documentation of AdmissionResponse asks authors to stay under. */
  runesWished: 120,
} as const;

/** UTF-16 units: what comes behind is cut off, whatever white space stands before it. */
const LONGEST_LOOKED_AT = 4096;

/** The number of code points, in few steps for the usual short text. */
export function countRunes(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0xdc00 || unit > 0xdfff) count += 1;
  }
  return count;
}

/** At most so many code points, cut between two of them and marked with an ellipsis. Lone surrogates are replaced. */
export function boundText(text: string, runes: number): string {
  const clean = text.toWellFormed();
  if (clean.length <= runes || countRunes(clean) <= runes) return clean;
  return `${Array.from(clean.slice(0, 2 * runes))
    .slice(0, runes - 1)
    .join('')}…`;
}

/** Each warning once, in order, on one line, within the bounds; what would pass the sum is left out whole. */
export function boundWarnings(warnings: readonly string[]): readonly string[] {
  if (warnings.length === 0) return warnings;
  const kept = new Set<string>();
  let together = 0;
  for (const warning of warnings) {
    const line = boundText(
      stripControlCharacters(warning.slice(0, LONGEST_LOOKED_AT)).trim(),
      WARNING_BOUNDS.runesEach,
    );
    if (line === '' || kept.has(line)) continue;
    together += countRunes(line);
    if (together > WARNING_BOUNDS.runesTogether) break;
    kept.add(line);
  }
  return [...kept];
}
