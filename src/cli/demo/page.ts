import type { Page, Style } from '../page.ts';
import { wrap } from '../text.ts';
import type { DemoAnswer } from './scenes.ts';

/** Of what stands under a label. */
export const INDENT = '    ';

export const ANSWER_STYLES = {
  untouched: 'green',
  changed: 'green',
  refused: 'red',
  told: 'yellow',
} as const satisfies Readonly<Record<DemoAnswer, Style>>;

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
