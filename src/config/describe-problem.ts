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

const VAIN_ADVICE = 'wasmgate would start with this configuration, and warn.';

const KEYS_ADVICE = '"wasmgate config defaults" prints every key and what it takes.';

/**
 * Creates one error that names every problem.
 * @param options.isOwn false if no keys or types are at fault, so that a list of keys does not help
 * @param options.isUsable true if wasmgate accepts all values, although some can never do what they say
 */
export function invalidConfiguration(
  source: string,
  problems: readonly string[],
  { isOwn = true, isUsable = false } = {},
): AppError<ConfigurationErrorCode> {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const more = problems.length - MAX_PROBLEMS;
  const shown = problems.slice(0, MAX_PROBLEMS);
  const list = [...shown, ...(more > 0 ? [`and ${more} more`] : [])].map((line) => `\n  ${line}`).join('');
  const fault = isUsable
    ? `Configuration "${source}" has settings that can never work`
    : `Cannot use configuration "${source}"`;
  const message = `${fault}: ${count}${list}`;
  const advice = isOwn ? { advice: KEYS_ADVICE } : isUsable ? { advice: VAIN_ADVICE } : {};
  return new AppError<ConfigurationErrorCode>('invalid-configuration', message, {
    blame: 'input',
    ...advice,
  });
}
