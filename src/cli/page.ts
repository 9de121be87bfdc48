import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import { stripControlCharacters } from '../lib/strip-control-characters.ts';
import type { Io } from './io.ts';

const WIDTHS = {
  /** Prose in pipes and files, and on terminals that do not report their width, unless COLUMNS is set. */
  default: 80,
  /** Below this, wrapped text becomes a column of single words. */
  narrowest: 40,
  /** Longer lines of prose are hard to read. */
  widestProse: 120,
} as const;

/**
 * Returns the width that the user sees; null if it is unknown. A terminal's own width wins over COLUMNS, which can be out of date.
 * Shells do not export COLUMNS, so only a user sets it.
 */
function visibleColumns(stream: Writable, env: Io['env']): number | null {
  const own = 'columns' in stream ? Number(stream.columns) : 0;
  const columns = Math.floor(own || Number(env['COLUMNS'] ?? ''));
  return columns > 0 ? Math.max(WIDTHS.narrowest, columns) : null;
}

function isTerminal(stream: Writable): boolean {
  return 'isTTY' in stream && stream.isTTY === true;
}

/** A style for `styleText`; an empty list for plain text. */
export type Style = Parameters<typeof styleText>[0];

/** The width of an output, and its colors: on a terminal or with FORCE_COLOR, but not with NO_COLOR. */
export interface Page {
  /** The width of prose. */
  readonly columns: number;
  /** The width of values, such as images and fields: that of the terminal. A pipe has no end, so that a search finds whole values. */
  readonly width: number;
  readonly paint: (style: Style, text: string) => string;
}

export function createPage({ stdout, env }: Pick<Io, 'stdout' | 'env'>): Page {
  const visible = visibleColumns(stdout, env);
  return {
    columns: Math.min(WIDTHS.widestProse, visible ?? WIDTHS.default),
    width: visible ?? (isTerminal(stdout) ? WIDTHS.default : Number.POSITIVE_INFINITY),
    paint: (style, text) => styleText(style, text, { stream: stdout }),
  };
}

/**
 * Wraps words into lines of at most `columns`, indent included; a longer word gets its own line. Removes control characters,
 * because texts quote manifests and registries.
 */
export function wrap(text: string, columns: number, indent: string): string {
  const lines: string[] = [];
  for (const word of stripControlCharacters(text)
    .split(/\s+/)
    .filter((part) => part !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(indent + word);
  }
  return lines.join('\n');
}

/** Begins a command at the end of an advice. */
const BEFORE_COMMAND = ': kubectl ';

/** Wraps an advice. A command at its end stays on one line: a user who copies a part of it could delete something else. */
export function wrapAdvice(text: string, columns: number, indent: string): string {
  const whole = wrap(text, columns, indent);
  const start = text.lastIndexOf(BEFORE_COMMAND);
  const [prose, command] = [text.slice(0, start + 1), text.slice(start + 1)];
  if (start < 0 || command.includes(';') || command.endsWith('.') || !whole.includes('\n')) return whole;
  return `${wrap(prose, columns, indent)}\n${wrap(command, Number.POSITIVE_INFINITY, indent)}`;
}

export type Row = readonly [left: string, right: string];

/** Below this, two columns of text are both too narrow to read. */
const COLUMNS_FOR_TWO = 60;

/**
 * Renders two columns. A left cell wider than a third of the page gets its own line; on a narrow page, every cell does if one of them
 * is that wide.
 */
export function table(rows: readonly Row[], columns: number): string {
  const widest = Math.max(...rows.map(([left]) => left.length));
  const third = Math.floor(columns / 3);
  const isStacked = columns < COLUMNS_FOR_TWO && widest > third;
  const width = isStacked ? 2 : Math.min(widest, third);
  const indent = ' '.repeat(width + 4);
  return rows
    .map(([left, right]) => {
      const text = wrap(right, columns, indent);
      if (text === '') return `  ${left}`;
      return left.length > width ? `  ${left}\n${text}` : `  ${left.padEnd(width)}  ${text.trimStart()}`;
    })
    .join('\n');
}
