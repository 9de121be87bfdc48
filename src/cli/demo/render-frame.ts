import type { ClusterView } from '../../policy/facts.ts';
import type { Page } from '../page.ts';
import { wrap } from '../text.ts';
import { answerOf, checkScene, kindOf, type Played } from './check-scenes.ts';
import { ANSWER_STYLES, renderFact, renderTitle } from './page.ts';

export interface Stage {
  readonly registryUrl: string;
  readonly webhookUrl: string;
  readonly view: ClusterView;
  /** The keys of `policy` that differ from the defaults, in YAML's flow style. */
  readonly policy: string;
}

const INTRODUCTION =
  'No cluster is needed. A registry and the webhook run in this process, and the demo asks the webhook over HTTPS what an ' +
  'API server would ask it. The images are tiny, in the forms that real tools push; the nodes are made up.';

/** What there is before the first Pod comes. */
export function renderOpening(page: Page, { registryUrl, webhookUrl, view, policy }: Stage): string {
  const classes = view.runtimeClasses.map(({ name, handler }) =>
    name === handler ? name : `${name} (handler ${handler})`,
  );
  const nodes = view.nodes.map(
    ({ name, runtimeVersion, handlers }) => `${name} (${runtimeVersion}: ${(handlers ?? []).join(', ')})`,
  );
  return [
    renderTitle(page, 'wasmgate demo'),
    wrap(INTRODUCTION, page.columns, '  '),
    '',
    renderFact(page, 'Registry', registryUrl),
    renderFact(page, 'Webhook', webhookUrl),
    renderFact(page, 'RuntimeClasses', `from manifests/runtime-classes: ${classes.join(', ')}`),
    renderFact(page, 'Nodes', nodes.join(', ')),
    renderFact(page, 'Configuration', `the defaults, and policy: ${policy}`),
    '',
    '',
  ].join('\n');
}

const HEAD: readonly string[] = ['POD', 'IMAGES', 'ANSWER', 'RUNTIMECLASS'];
const ANSWER_COLUMN = 2;

function cellsOf({ scene, admission, containers }: Played): readonly string[] {
  return [
    scene.pod.metadata?.name ?? '',
    containers.map(kindOf).join(' + '),
    answerOf(admission),
    admission.stored.spec.runtimeClassName ?? '',
  ];
}

function renderTable({ paint }: Page, played: readonly Played[]): readonly string[] {
  const rows = played.map(cellsOf);
  const widths = HEAD.map((_, column) =>
    Math.max(...[HEAD, ...rows].map((cells) => cells[column]?.length ?? 0)),
  );
  const padded = (cells: readonly string[]): readonly string[] =>
    cells.map((cell, column) => cell.padEnd(widths[column] ?? 0));
  return [
    `  ${paint('bold', padded(HEAD).join('  ').trimEnd())}`,
    ...played.map((one) => {
      const style = ANSWER_STYLES[answerOf(one.admission)];
      const cells = padded(cellsOf(one)).map((cell, column) =>
        column === ANSWER_COLUMN ? paint(style, cell) : cell,
      );
      return `  ${cells.join('  ').trimEnd()}`;
    }),
  ];
}

export function renderClosing(page: Page, played: readonly Played[]): string {
  const kept = played.filter((one) => checkScene(one).length === 0).length;
  return [
    renderTitle(page, 'Summary'),
    ...renderTable(page, played),
    '',
    `  ${page.paint(['bold', kept === played.length ? 'green' : 'red'], `${kept} of ${played.length} as promised`)}`,
    '',
    renderFact(page, 'Into a cluster', 'README.md, "Install"'),
    renderFact(page, 'Your images', 'npx wasmgate inspect IMAGE'),
    renderFact(page, 'Your manifests', 'npx wasmgate review -f FILE --live'),
    renderFact(page, 'Every setting', 'npx wasmgate serve --help'),
    '',
  ].join('\n');
}
