import { summarizeChanges } from '../../admission/describe-warnings.ts';
import { describeVerdict } from '../../policy/describe.ts';
import { wrap, type Page, type Style } from '../page.ts';
import { renderDiff } from '../render-diff.ts';
import { toYaml } from '../serialize.ts';
import { checkScene, outcomeOf, type PlayedScene, type ShownContainer } from './check-scenes.ts';
import type { SceneOutcome } from './scenes.ts';

export interface DemoPage extends Page {
  /** True to print each Pod whole, with all evidence and its diff. */
  readonly isFull: boolean;
}

export const OUTCOME_STYLES = {
  untouched: 'green',
  changed: 'green',
  denied: 'red',
  warned: 'yellow',
} as const satisfies Readonly<Record<SceneOutcome, Style>>;

const INDENT = '    ';

export function renderTitle({ paint, columns }: Page, title: string): string {
  return paint(['bold', 'cyan'], `── ${title} `.padEnd(columns, '─'));
}

interface Fact {
  readonly name: string;
  readonly text: string;
  readonly style?: Style;
}

/** Renders a name and, beside it, text that may wrap. */
export function renderFact({ paint, columns }: Page, { name, text, style = [] }: Fact, width = 16): string {
  const indent = ' '.repeat(width + 2);
  const lines = text.split('\n').map((line) => wrap(line, columns, indent));
  return `  ${paint('bold', paint(style, name.padEnd(width)))}${lines.join('\n').trimStart()}`;
}

const OUTCOME_LABELS: Readonly<Record<SceneOutcome, string>> = {
  untouched: 'Admitted',
  changed: 'Changed',
  denied: 'Denied',
  warned: 'Admitted',
};

function describeOutcome({ admission, changes, containers }: PlayedScene): string {
  switch (outcomeOf(admission)) {
    case 'untouched':
      return 'unchanged, without warnings';
    case 'changed':
      return `sets ${summarizeChanges(changes, containers)}`;
    case 'denied':
      return admission.denial ?? '';
    case 'warned':
      return ['unchanged', ...admission.warnings.map((warning) => `Warning: ${warning}`)].join('\n');
  }
}

/** Renders what the images are, and what wasmgate changes or why it denies the Pod. */
function briefBody(page: DemoPage, played: PlayedScene): readonly string[] {
  const outcome = outcomeOf(played.admission);
  const facts: readonly Fact[] = [
    ...played.containers.map(({ image, verdict }) => ({
      name: 'Image',
      text: `${image}, ${describeVerdict(verdict)}`,
    })),
    { name: OUTCOME_LABELS[outcome], text: describeOutcome(played), style: OUTCOME_STYLES[outcome] },
  ];
  return facts.map((fact) => renderFact(page, fact, 10));
}

/** Renders what an image is, and which of its fields show it. */
function renderImage({ paint, columns }: Page, { image, verdict }: ShownContainer): readonly string[] {
  const evidence = verdict.evidence.flatMap(({ field, value, meaning }) =>
    wrap(`${field} = ${value === '' ? '(empty)' : value} (${meaning})`, columns, `${INDENT}  `).split('\n'),
  );
  return [
    `${INDENT}${image}`,
    `${INDENT}is ${paint(verdict.kind === 'wasm' ? 'magenta' : [], describeVerdict(verdict))}`,
    ...evidence.map((line) => paint('dim', line)),
  ];
}

const HEADLINES: Readonly<Record<SceneOutcome, readonly [outcome: string, more: string]>> = {
  untouched: ['Admitted', ' unchanged, without warnings'],
  changed: ['Changed', ' by /mutate (second call: no change), admitted by /validate'],
  denied: ['Denied', ' by /validate, in the words that kubectl prints'],
  warned: ['Admitted', ' unchanged, with warnings as kubectl prints them'],
};

/** Wraps and colors each line of a message. */
function renderMessage({ paint, columns }: Page, style: Style, text: string): readonly string[] {
  return text
    .split('\n')
    .flatMap((line) => wrap(line, columns, INDENT).split('\n'))
    .map((line) => paint(style, line));
}

/** Renders the outcome with everything that kubectl's user sees. */
function renderOutcome(page: Page, { scene, admission }: PlayedScene): readonly string[] {
  const { denial, stored, warnings } = admission;
  const outcome = outcomeOf(admission);
  const [name, more] = HEADLINES[outcome];
  const error = `Error from server (Forbidden): admission webhook "validate.wasmgate.dev" denied the request: ${denial ?? ''}`;
  return [
    wrap(name + more, page.columns, '  ').replace(name, page.paint(['bold', OUTCOME_STYLES[outcome]], name)),
    ...renderDiff(page, scene.pod, stored).map((line) => INDENT + line),
    ...(denial === null ? [] : renderMessage(page, 'red', error)),
    ...warnings.flatMap((warning) => renderMessage(page, 'yellow', `Warning: ${warning}`)),
  ];
}

function fullBody(page: DemoPage, played: PlayedScene): readonly string[] {
  const { scene, containers } = played;
  return [
    '',
    page.paint('bold', '  Pod'),
    ...toYaml(scene.pod)
      .trimEnd()
      .split('\n')
      .map((line) => INDENT + line),
    page.paint('bold', containers.length === 1 ? '  Image' : '  Images'),
    ...containers.flatMap((shown) => renderImage(page, shown)),
    ...renderOutcome(page, played),
  ];
}

export function renderScene(page: DemoPage, played: PlayedScene, position: string): string {
  const { title, story } = played.scene;
  return [
    renderTitle(page, `${position} · ${title}`),
    wrap(story, page.columns, '  '),
    ...(page.isFull ? fullBody : briefBody)(page, played),
    ...checkScene(played).map((what) => page.paint(['bold', 'red'], `  UNEXPECTED: ${what}`)),
    '',
    '',
  ].join('\n');
}
