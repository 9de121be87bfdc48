import { AppError } from '../lib/errors.ts';
import type { Path, Problem } from './check-value.ts';

export type ConfigurationErrorCode = 'invalid-configuration';

const DEFAULTS = {
  /** Told of one file: whoever has mended these looks again anyway. */
  problems: 50,
} as const;

/** `policy.findings["a b"]`, `registry.plainHttp[0]`, as one writes it down. */
export function formatKey(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    if (!/^[A-Za-z_][\w-]*$/.test(step)) return `${text}["${step}"]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

type LineOf = (path: Path) => number | null;

/** In the order of the file, each with its line where it stands there. */
export function describeProblems(problems: readonly Problem[], lineOf: LineOf): readonly string[] {
  return problems
    .map(({ path, text }) => ({ line: lineOf(path), name: formatKey(path) || 'the file', text }))
    .toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0))
    .map(({ line, name, text }) => `${line === null ? '' : `line ${line}: `}${name}: ${text}`);
}

const KEYS_ADVICE = 'wasmgate config defaults prints every key with what it takes.';

/**
 * One error that names every problem.
 * @param options.isOwn false where only files that it names are at fault, so that no list of keys helps
 */
export function invalidConfiguration(
  source: string,
  problems: readonly string[],
  { isOwn = true } = {},
): AppError<ConfigurationErrorCode> {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const more = problems.length - DEFAULTS.problems;
  const shown = problems.slice(0, DEFAULTS.problems);
  const list = [...shown, ...(more > 0 ? [`and ${more} more`] : [])].map((line) => `\n  ${line}`).join('');
  return new AppError<ConfigurationErrorCode>(
    'invalid-configuration',
    `Cannot use configuration "${source}": ${count}${list}`,
    { blame: 'input', ...(isOwn ? { advice: KEYS_ADVICE } : {}) },
  );
}
