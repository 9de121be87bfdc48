import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import { printable } from '../printable.ts';

const DEFAULTS = {
  /** Help is written for a terminal of the classic width; wider ones do not make lines easier to read. */
  columns: 80,
  /** Narrower than this, wrapping makes a column of single words. */
  narrowestColumns: 40,
} as const;

/** The width to write for: the terminal's, within bounds; a pipe's or file's is the classic one. */
export function columnsOf(stream: Writable): number {
  const columns =
    'columns' in stream && typeof stream.columns === 'number' ? stream.columns : DEFAULTS.columns;
  return Math.min(DEFAULTS.columns, Math.max(DEFAULTS.narrowestColumns, columns));
}

/** Bold where it can be seen: `styleText` looks at the stream, NO_COLOR and FORCE_COLOR. */
export function heading(text: string, stream: Writable): string {
  return styleText('bold', text, { stream });
}

/**
 * Words in lines of at most `columns`, each after the indent; a longer word has a line of its own. Texts name what
 * manifests and registries say, so nothing in them reaches the terminal that it would obey.
 */
export function wrap(text: string, columns: number, indent: string): string {
  const lines: string[] = [];
  for (const word of printable(text)
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

/** Two columns; a left side too long for its column has the line for itself. */
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
