import { didYouMean } from '../../src/lib/nearest-name.ts';
import { readFlags, UsageError } from '../support/cli/read-flags.ts';

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

const FLAGS = {
  quick: { type: 'boolean' },
  json: { type: 'string' },
  output: { type: 'string', short: 'o' },
  markdown: { type: 'boolean' },
  readme: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

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
  const { flags, positionals: rows } = readFlags(args, FLAGS);
  if (flags.has('help')) return { kind: 'help' };
  const unknown = rows.find((row) => !known.includes(row));
  if (unknown !== undefined)
    throw new UsageError(
      `There is no row "${unknown}".${didYouMean(unknown, known)} Rows: ${known.join(', ')}.`,
    );
  const readme = flags.has('readme');
  if (readme && rows.length > 0) throw new UsageError('--readme writes the whole table, so it takes no row.');
  if (readme && flags.has('quick'))
    throw new UsageError('--readme writes figures to rely on, so it takes no --quick.');
  return {
    kind: 'run',
    rows,
    isQuick: flags.has('quick'),
    format: flags.has('markdown') ? 'markdown' : parseFormat(flags.get('output') ?? 'table'),
    json: flags.get('json') ?? null,
    readme,
  };
}
