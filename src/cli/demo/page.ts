import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import { columnsOf, wrap } from '../text.ts';
import type { DemoAnswer } from './scenarios.ts';

/** As `styleText` takes it; an empty list for plain text. */
export type Style = Parameters<typeof styleText>[0];

/** Of what stands under a label. */
export const INDENT = '    ';

export const ANSWER_STYLES = {
  untouched: 'green',
  changed: 'green',
  refused: 'red',
  told: 'yellow',
} as const satisfies Readonly<Record<DemoAnswer, Style>>;

/** What is written on: its width, and colours where they can be seen (a terminal or FORCE_COLOR; not with NO_COLOR). */
export interface Page {
  readonly columns: number;
  readonly paint: (style: Style, text: string) => string;
}

export function createPage(stream: Writable): Page {
  return { columns: columnsOf(stream), paint: (style, text) => styleText(style, text, { stream }) };
}

export function renderTitle({ paint, columns }: Page, title: string): string {
  return paint(['bold', 'cyan'], `── ${title} `.padEnd(columns, '─'));
}

export function renderLabel({ paint }: Page, text: string): string {
  return paint('bold', `  ${text}`);
}

const NAME_WIDTH = 16;

/** A name and, beside it, a text of several lines. */
export function renderFact({ paint, columns }: Page, name: string, text: string): string {
  const indent = ' '.repeat(NAME_WIDTH + 2);
  return `  ${paint('bold', name.padEnd(NAME_WIDTH))}${wrap(text, columns, indent).trimStart()}`;
}
