import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import { stripControlCharacters } from '../lib/strip-control-characters.ts';
import type { Io } from './io.ts';

const WIDTHS = {
  /** For pipes and files, unless COLUMNS is set. */
  default: 80,
  /** Below this, wrapped text becomes a column of single words. */
  narrowest: 40,
  /** Longer lines are hard to read. */
  widest: 120,
} as const;

/** A terminal's own width wins over COLUMNS, which can be out of date. Shells do not export COLUMNS, so only a user sets it. */
function columnsOf(stream: Writable, env: Io['env']): number {
  const isTerminal = 'columns' in stream && typeof stream.columns === 'number';
  const columns = isTerminal ? Number(stream.columns) : Number(env['COLUMNS'] ?? '');
  return Math.min(WIDTHS.widest, Math.max(WIDTHS.narrowest, Math.floor(columns) || WIDTHS.default));
}

/** A style for `styleText`; an empty list for plain text. */
export type Style = Parameters<typeof styleText>[0];

/** The width of an output, and its colors: on a terminal or with FORCE_COLOR, but not with NO_COLOR. */
export interface Page {
  readonly columns: number;
  readonly paint: (style: Style, text: string) => string;
}

export function createPage({ stdout, env }: Pick<Io, 'stdout' | 'env'>): Page {
  return {
    columns: columnsOf(stdout, env),
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

export type Row = readonly [left: string, right: string];

/** Renders two columns; a left cell wider than a third of the page gets its own line. */
export function table(rows: readonly Row[], columns: number): string {
  const widest = Math.max(...rows.map(([left]) => left.length));
  const width = Math.min(widest, Math.floor(columns / 3));
  const indent = ' '.repeat(width + 4);
  return rows
    .map(([left, right]) => {
      const text = wrap(right, columns, indent);
      if (text === '') return `  ${left}`;
      return left.length > width ? `  ${left}\n${text}` : `  ${left.padEnd(width)}  ${text.trimStart()}`;
    })
    .join('\n');
}
