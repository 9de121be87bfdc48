import { AppError } from '../lib/errors.ts';
import type { Path, Problem } from './check-value.ts';

export type ConfigurationErrorCode = 'invalid-configuration';

/** Problems reported for one file: after fixing these, users check again anyway. */
const MAX_PROBLEMS = 50;

/** Writes a path as people do: `policy.findings["a b"]`, `registry.plainHttp[0]`. */
export function formatKey(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    if (!/^[A-Za-z_][\w-]*$/.test(step)) return `${text}["${step}"]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

type LineOf = (path: Path) => number | null;

/** Describes problems in the order of the file, with their lines. */
export function describeProblems(problems: readonly Problem[], lineOf: LineOf): readonly string[] {
  return problems
    .map(({ path, text }) => ({ line: lineOf(path), name: formatKey(path) || 'the file', text }))
    .toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0))
    .map(({ line, name, text }) => `${line === null ? '' : `line ${line}: `}${name}: ${text}`);
}

const KEYS_ADVICE = '"wasmgate config defaults" prints every key and what it takes.';

/**
 * Creates one error that names every problem.
 * @param options.isOwn false if only files that the configuration names are at fault, so that a list of keys does not help
 */
export function invalidConfiguration(
  source: string,
  problems: readonly string[],
  { isOwn = true } = {},
): AppError<ConfigurationErrorCode> {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const more = problems.length - MAX_PROBLEMS;
  const shown = problems.slice(0, MAX_PROBLEMS);
  const list = [...shown, ...(more > 0 ? [`and ${more} more`] : [])].map((line) => `\n  ${line}`).join('');
  return new AppError<ConfigurationErrorCode>(
    'invalid-configuration',
    `Cannot use configuration "${source}": ${count}${list}`,
    { blame: 'input', ...(isOwn ? { advice: KEYS_ADVICE } : {}) },
  );
}
