import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import { columnsOf } from './text.ts';

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
