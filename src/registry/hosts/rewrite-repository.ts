import { AppError } from '../../lib/errors.ts';

/** Another name for repositories, as K3s has it: the part that matches is replaced, every time it occurs. */
export interface Rewrite {
  readonly pattern: RegExp;
  /** With Go's `$1` and `${name}`. */
  readonly replacement: string;
}

export type RewriteErrorCode = 'invalid-rewrite';

const REWRITE_LIMITS = {
  /**
   * How many ways there are at most to try a pattern on a repository of 255 characters, counted roughly. Three quantifiers and
   * two alternatives take some 30 ms at the very worst. Repositories are chosen by whoever makes a Pod, and Go's engine, for
   * which such patterns are written, never goes back.
   */
  ways: 2 ** 26,
  /** No repository is longer than 255 characters, so a longer pattern is none for them. */
  patternCharacters: 256,
  /** Of a pattern that is too long: enough to find it again. */
  shownCharacters: 40,
} as const;

const WAYS = { quantifier: 256, alternative: 2 } as const;

/** An escape, a class, the head of a group, its end with what quantifies it, a quantifier, an alternative, all else. */
const PIECE =
  /(?<escape>\\.)|(?<set>\[\^?\]?(?:\\.|[^\]\\])*\])|(?<head>\((?:\?:)?)|(?<end>\)(?:[*+?{])?)|(?<quantifier>[*+?{])\??|(?<alternative>\|)|./gsu;

function invalid(pattern: string, state: string): AppError<RewriteErrorCode> {
  return new AppError('invalid-rewrite', `Cannot rewrite repositories by "${pattern}": ${state}`, {
    blame: 'input',
    advice: 'Write a simple one, such as "^library/(.*)": each ".*" counts, and without "^" one more.',
  });
}

/** Upper bound of the ways to match; null where a group is repeated, or something is used that Go does not know. */
function countWays(pattern: string): number | null {
  let ways: number = pattern.startsWith('^') ? 1 : WAYS.quantifier;
  for (const { groups = {} } of pattern.matchAll(PIECE)) {
    const { escape, end, quantifier, alternative } = groups;
    const isBackReference = escape !== undefined && /\\[1-9k]/.test(escape);
    if (isBackReference || (end !== undefined && end.length > 1)) return null;
    if (quantifier !== undefined) ways *= WAYS.quantifier;
    if (alternative !== undefined) ways *= WAYS.alternative;
  }
  return ways;
}

/** @throws AppError `invalid-rewrite` */
export function parseRewrite(pattern: string, replacement: string): Rewrite {
  if (pattern.length > REWRITE_LIMITS.patternCharacters)
    throw invalid(pattern.slice(0, REWRITE_LIMITS.shownCharacters), 'it is too long');
  if (/\(\?(?!:)/.test(pattern)) throw invalid(pattern, 'of groups with "?" only "(?:" is known');
  const ways = countWays(pattern);
  if (ways === null) throw invalid(pattern, 'groups that are repeated or referred to are not taken');
  if (ways > REWRITE_LIMITS.ways)
    throw invalid(pattern, 'it could take long, there are so many ways to match it');
  try {
    return { pattern: new RegExp(pattern, 'gu'), replacement };
  } catch {
    throw invalid(pattern, 'it is no regular expression');
  }
}

/** Go's `Regexp.Expand`: `$name` takes as many letters, digits and underscores as follow, `$$` is one sign. */
function expand(replacement: string, groups: readonly (string | undefined)[]): string {
  return replacement.replace(/\$(?:\{(\w+)\}|(\$|\w+))/g, (_all, braced?: string, bare?: string) =>
    bare === '$' ? '$' : (groups[Number(braced ?? bare)] ?? ''),
  );
}

/** As Go's `ReplaceAllString` does it: nothing that is found at the end of what was found before counts. */
function replaceAll(text: string, { pattern, replacement }: Rewrite): string {
  let end = -1;
  return text.replace(pattern, (...match: readonly unknown[]) => {
    const at = match.findIndex((part) => typeof part === 'number');
    const groups = match.slice(0, at) as (string | undefined)[];
    const found = groups[0] ?? '';
    const start = Number(match[at]);
    const isRepeated = found === '' && start === end;
    end = start + found.length;
    return isRepeated ? '' : expand(replacement, groups);
  });
}

/** By the first rewrite that changes anything. */
export function rewriteRepository(repository: string, rewrites: readonly Rewrite[]): string {
  for (const rewrite of rewrites) {
    const rewritten = replaceAll(repository, rewrite);
    if (rewritten !== repository) return rewritten;
  }
  return repository;
}
