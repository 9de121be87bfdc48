import { parseArgs } from 'node:util';
import { didYouMean } from '../../src/lib/nearest-name.ts';

const FORMATS = ['table', 'json', 'markdown'] as const;
export type Format = (typeof FORMATS)[number];

export interface RunOptions {
  readonly kind: 'run';
  /** Names of rows; all if there are none. */
  readonly rows: readonly string[];
  readonly isQuick: boolean;
  readonly format: Format;
  /** The file to write JSON to, too. */
  readonly json: string | null;
  /** Whether to write the table into the README, too. */
  readonly readme: boolean;
}

/** Flags, and whether each takes a value. */
const FLAGS = {
  quick: false,
  json: true,
  output: true,
  markdown: false,
  readme: false,
  help: false,
} as const;
type Flag = keyof typeof FLAGS;

const KNOWN = Object.keys(FLAGS).map((name) => `--${name}`);

/** An invalid command line. */
export class UsageError extends Error {}

function isFlag(name: string): name is Flag {
  return Object.hasOwn(FLAGS, name);
}

function readTokens(args: readonly string[]): {
  readonly flags: ReadonlyMap<Flag, string>;
  readonly rows: readonly string[];
} {
  const { tokens } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(
        Object.entries(FLAGS).map(([name, takes]) => [name, { type: takes ? 'string' : 'boolean' } as const]),
      ),
      output: { type: 'string', short: 'o' },
      help: { type: 'boolean', short: 'h' },
    },
    allowPositionals: true,
    // Node's own errors suggest no flag.
    strict: false,
    tokens: true,
  });
  const flags = new Map<Flag, string>();
  const rows: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') rows.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    if (!isFlag(name)) throw new UsageError(`There is no flag "${rawName}".${didYouMean(rawName, KNOWN)}`);
    if (FLAGS[name] && (value === undefined || value === '' || value.startsWith('-')))
      throw new UsageError(`The flag "${rawName}" needs a value.`);
    if (!FLAGS[name] && value !== undefined) throw new UsageError(`The flag "${rawName}" takes no value.`);
    flags.set(name, value ?? '');
  }
  return { flags, rows };
}

function parseFormat(text: string): Format {
  const format = FORMATS.find((name) => name === text);
  if (format === undefined)
    throw new UsageError(
      `There is no format "${text}".${didYouMean(text, FORMATS)} Formats: ${FORMATS.join(', ')}.`,
    );
  return format;
}

/**
 * Parses the command line.
 * @param known the names of all rows
 * @throws UsageError
 */
export function parseOptions(
  args: readonly string[],
  known: readonly string[],
): RunOptions | { readonly kind: 'help' } {
  const { flags, rows } = readTokens(args);
  if (flags.has('help')) return { kind: 'help' };
  const unknown = rows.find((row) => !known.includes(row));
  if (unknown !== undefined)
    throw new UsageError(
      `There is no row "${unknown}".${didYouMean(unknown, known)} Rows: ${known.join(', ')}.`,
    );
  const readme = flags.has('readme');
  if (readme && rows.length > 0) throw new UsageError('--readme writes the whole table, so it takes no row.');
  return {
    kind: 'run',
    rows,
    isQuick: flags.has('quick'),
    format: flags.has('markdown') ? 'markdown' : parseFormat(flags.get('output') ?? 'table'),
    json: flags.get('json') ?? null,
    readme,
  };
}
