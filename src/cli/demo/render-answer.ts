import type { Page, Style } from '../page.ts';
import { renderDiff } from '../render-diff.ts';
import { wrap } from '../text.ts';
import { answerOf, type Played } from './check-scenes.ts';
import { ANSWER_STYLES, INDENT } from './page.ts';
import type { DemoAnswer } from './scenes.ts';

const HEADLINES: Readonly<Record<DemoAnswer, readonly [answer: string, more: string]>> = {
  untouched: ['Admitted', ' as it is: no change, no warning'],
  changed: ['Changed', ' by /mutate (asked again: nothing more), admitted by /validate'],
  refused: ['Refused', ' by /validate, in the words that kubectl prints'],
  told: ['Admitted', ' as it is, with warnings as kubectl prints them'],
};

/** Each line of a text by itself, wrapped and then coloured. */
function renderMessage({ paint, columns }: Page, style: Style, text: string): readonly string[] {
  return text
    .split('\n')
    .flatMap((line) => wrap(line, columns, INDENT).split('\n'))
    .map((line) => paint(style, line));
}

/** What became of the Pod, with everything that whoever applied it gets to see. */
export function renderAnswer(page: Page, { scene, admission }: Played): readonly string[] {
  const { refusal, stored, warnings } = admission;
  const answer = answerOf(admission);
  const [name, more] = HEADLINES[answer];
  const denial = `Error from server (Forbidden): admission webhook "validate.wasmgate.dev" denied the request: ${refusal ?? ''}`;
  return [
    wrap(name + more, page.columns, '  ').replace(name, page.paint(['bold', ANSWER_STYLES[answer]], name)),
    ...renderDiff(page, scene.pod, stored).map((line) => INDENT + line),
    ...(refusal === null ? [] : renderMessage(page, 'red', denial)),
    ...warnings.flatMap((warning) => renderMessage(page, 'yellow', `Warning: ${warning}`)),
  ];
}
