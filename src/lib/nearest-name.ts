/** Returns the least number of insertions, deletions and replacements between two texts (Wagner–Fischer, one row). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [done, letter] of Array.from(from).entries()) {
    const next = [done + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (letter === to[column - 1] ? 0 : 1);
      next.push(Math.min((row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1, replaced));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

/** A longer name is no typo, and slow to compare. */
const LONGEST_NAME = 64;

/** A shorter beginning fits too many names. */
const SHORTEST_BEGINNING = 4;

/** Returns the only candidate with this beginning; null if there is none, or several. */
function completed(typed: string, candidates: readonly string[]): string | null {
  if (typed.length < SHORTEST_BEGINNING) return null;
  const [found, ...others] = candidates.filter((candidate) => candidate.toLowerCase().startsWith(typed));
  return others.length === 0 ? (found ?? null) : null;
}

/** In a shorter name, two slips leave another word ("huge" and "edge"), unless its first letter is right. */
const LONG_NAME = 6;

/** Returns how far a typing error may be from what was meant: two for a swapped pair of letters, the most common slip. */
function mostSlips(typed: string, known: string): number {
  if (typed.length < 3 || (typed.length < LONG_NAME && typed[0] !== known[0])) return 1;
  return Math.max(2, Math.floor(typed.length / 3));
}

/**
 * Returns the candidate that `name` probably means: the one that begins with it, otherwise the nearest; null if none is near.
 * Ignores case.
 */
export function nearestName(name: string, candidates: readonly string[]): string | null {
  if (name.length > LONGEST_NAME) return null;
  const typed = name.toLowerCase();
  const whole = completed(typed, candidates);
  if (whole !== null) return whole;
  let best: string | null = null;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const known = candidate.toLowerCase();
    const distance = editDistance(typed, known);
    if (distance <= mostSlips(typed, known) && distance < bestDistance)
      [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Returns ` Did you mean "serve"?`, or an empty text. */
export function didYouMean(name: string, candidates: readonly string[]): string {
  const nearest = nearestName(name, candidates);
  return nearest === null ? '' : ` Did you mean "${nearest}"?`;
}
