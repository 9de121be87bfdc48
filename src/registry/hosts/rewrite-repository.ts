import { AppError } from '../../lib/errors.ts';

/** A K3s rewrite of repository names: replaces every match. */
export interface Rewrite {
  readonly pattern: RegExp;
  /** In Go's syntax: `$1` and `${name}`. */
  readonly replacement: string;
}

export type RewriteErrorCode = 'invalid-rewrite';

const REWRITE_LIMITS = {
  /**
   * Upper bound, roughly counted, of the ways to match a pattern with a repository of 255 characters. Three quantifiers and
   * two alternatives take about 30 ms in the worst case. Pod authors choose repositories, and these patterns are written for
   * Go's engine, which never backtracks.
   */
  ways: 2 ** 26,
  /** No repository is longer than 255 characters. */
  patternCharacters: 256,
  /** Characters of an overlong pattern in an error: enough to find it. */
  shownCharacters: 40,
} as const;

const WAYS = { quantifier: 256, alternative: 2 } as const;

/** An escape, a class, the head of a group, its end with a quantifier, a quantifier, an alternative, anything else. */
const PIECE =
  /(?<escape>\\.)|(?<set>\[\^?\]?(?:\\.|[^\]\\])*\])|(?<head>\((?:\?:)?)|(?<end>\)(?:[*+?{])?)|(?<quantifier>[*+?{])\??|(?<alternative>\|)|./gsu;

function invalid(pattern: string, state: string): AppError<RewriteErrorCode> {
  return new AppError('invalid-rewrite', `Cannot rewrite repositories by "${pattern}": ${state}`, {
    blame: 'input',
    advice: 'Simplify it, as in "^library/(.*)": each ".*" adds to the cost, and so does a missing "^".',
  });
}

/** Returns an upper bound of the ways to match; null for repeated groups and for back references, which Go lacks. */
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
  if (/\(\?(?!:)/.test(pattern)) throw invalid(pattern, 'of the groups with "?", only "(?:" is supported');
  const ways = countWays(pattern);
  if (ways === null) throw invalid(pattern, 'repeated groups and back references are not supported');
  if (ways > REWRITE_LIMITS.ways)
    throw invalid(pattern, 'it could take too long, as there are too many ways to match it');
  try {
    return { pattern: new RegExp(pattern, 'gu'), replacement };
  } catch {
    throw invalid(pattern, 'it is not a regular expression');
  }
}

/** Go's `Regexp.Expand`: `$name` extends over all letters, digits and underscores, and `$$` is a dollar sign. */
function expand(replacement: string, groups: readonly (string | undefined)[]): string {
  return replacement.replace(/\$(?:\{(\w+)\}|(\$|\w+))/g, (_all, braced?: string, bare?: string) =>
    bare === '$' ? '$' : (groups[Number(braced ?? bare)] ?? ''),
  );
}

/** Replaces as Go's `ReplaceAllString`, which ignores an empty match at the end of the previous match. */
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

/** Applies the first rewrite that changes the repository. */
export function rewriteRepository(repository: string, rewrites: readonly Rewrite[]): string {
  for (const rewrite of rewrites) {
    const rewritten = replaceAll(repository, rewrite);
    if (rewritten !== repository) return rewritten;
  }
  return repository;
}
