import { isObject } from '../lib/json.ts';
import type { RuleLevel, SettingRule } from '../lib/setting-rule.ts';
import type { Path, Problem } from './check-value.ts';

/** A value with its place. */
interface Placed {
  readonly path: Path;
  readonly value: unknown;
  readonly parent: unknown;
}

/** Returns the entries of a map, or the items of a list. */
function childrenOf({ path, value }: Placed): readonly Placed[] {
  if (Array.isArray(value))
    return value.map((item: unknown, index) => ({
      path: [...path, index],
      value: item,
      parent: value,
    }));
  if (!isObject(value)) return [];
  return Object.entries(value).map(([key, entry]) => ({
    path: [...path, key],
    value: entry,
    parent: value,
  }));
}

function valuesAt(section: unknown, steps: readonly string[]): readonly Placed[] {
  return steps.reduce<readonly Placed[]>(
    (found, step) =>
      found.flatMap((placed) =>
        childrenOf(placed).filter(({ path }) => step === '*' || path.at(-1) === step),
      ),
    [{ path: [], value: section, parent: null }],
  );
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((step, index) => path[index] === step);
}

/** Reports whether a value has the type of its schema: neither it, nor what holds it, nor anything in it is at fault. */
function isSound(path: Path, problems: readonly Problem[]): boolean {
  return !problems.some((problem) => startsWith(problem.path, path) || startsWith(path, problem.path));
}

/** Faults by their level. */
export type RuleFaults = Readonly<Record<RuleLevel, readonly Problem[]>>;

/**
 * Applies the rules to each value that has its type, so that one fault hides no other.
 * @param problems of types, with paths relative to the section
 */
export function applyRules(
  rules: readonly SettingRule[],
  section: unknown,
  problems: readonly Problem[],
): RuleFaults {
  const faults: Record<RuleLevel, Problem[]> = { fatal: [], vain: [], note: [] };
  for (const { path: steps, level, find } of rules) {
    for (const { path, value, parent } of valuesAt(section, steps)) {
      const place = { key: path.at(-1) ?? '', parent };
      const text = isSound(path, problems) ? find(value, place) : null;
      if (text !== null) faults[level].push({ path, text });
    }
  }
  return faults;
}
