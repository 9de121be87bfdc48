import type { Writable } from 'node:stream';
import { styleText } from 'node:util';

const DEFAULTS = {
  /** Help is written for a terminal of the classic width; wider ones do not make lines easier to read. */
  columns: 80,
  /** Narrower than this, wrapping makes a column of single words. */
  narrowestColumns: 40,
} as const;

/** The width to write for: the terminal's, within bounds; a pipe's or file's is the classic one. */
function columnsOf(stream: Writable): number {
  const columns =
    'columns' in stream && typeof stream.columns === 'number' ? stream.columns : DEFAULTS.columns;
  return Math.min(DEFAULTS.columns, Math.max(DEFAULTS.narrowestColumns, columns));
}

/** As `styleText` takes it; an empty list for plain text. */
export type Style = Parameters<typeof styleText>[0];

/** What is written on: its width, and colours where they can be seen (a terminal or FORCE_COLOR; not with NO_COLOR). */
export interface Page {
  readonly columns: number;
  readonly paint: (style: Style, text: string) => string;
}

export function createPage(stream: Writable): Page {
  return { columns: columnsOf(stream), paint: (style, text) => styleText(style, text, { stream }) };
}
