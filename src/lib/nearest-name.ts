/** The least number of insertions, deletions and replacements between two texts (Wagner and Fischer, one row kept). */
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

/** Names this long are no typing errors, and comparing them would cost. */
const LONGEST_NAME = 64;

/** A word that stops short; shorter beginnings could be those of any. */
const SHORTEST_BEGINNING = 4;

/** The only candidate that begins so; null where there is none, or several. */
function completed(typed: string, candidates: readonly string[]): string | null {
  if (typed.length < SHORTEST_BEGINNING) return null;
  const [found, ...others] = candidates.filter((candidate) => candidate.toLowerCase().startsWith(typed));
  return others.length === 0 ? (found ?? null) : null;
}

/**
 * The candidate somebody who typed `name` probably meant: the one of which it is the beginning, else the one that is nearest;
 * null where none is near. Case does not count.
 */
export function nearestName(name: string, candidates: readonly string[]): string | null {
  if (name.length > LONGEST_NAME) return null;
  const typed = name.toLowerCase();
  const whole = completed(typed, candidates);
  if (whole !== null) return whole;
  let best: string | null = null;
  // Two for a swapped pair of letters, which is the commonest slip; in the shortest names that would be any name.
  let bestDistance = (name.length < 3 ? 1 : Math.max(2, Math.floor(name.length / 3))) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(typed, candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** ` Did you mean "serve"?`, or nothing. */
export function didYouMean(name: string, candidates: readonly string[]): string {
  const nearest = nearestName(name, candidates);
  return nearest === null ? '' : ` Did you mean "${nearest}"?`;
}
