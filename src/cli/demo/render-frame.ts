import type { ClusterView } from '../../policy/facts.ts';
import { wrap, type Page } from '../page.ts';
import { checkScene, kindOf, outcomeOf, type PlayedScene } from './check-scenes.ts';
import { OUTCOME_STYLES, renderFact, renderTitle, type DemoPage } from './render-scene.ts';

export interface Stage {
  readonly registryUrl: string;
  readonly webhookUrl: string;
  readonly view: ClusterView;
  /** The keys of `policy` that differ from the defaults, in YAML's flow style. */
  readonly policy: string;
}

const INTRODUCTION =
  'A registry and the webhook run in this process, and the demo calls the webhook over HTTPS as an API server would. ' +
  'The images are tiny, in the formats of real tools; the nodes are made up.';

/** Renders the cluster before the first Pod. */
export function renderOpening(page: DemoPage, { registryUrl, webhookUrl, view, policy }: Stage): string {
  const classes = view.runtimeClasses.map(({ name, handler }) =>
    name === handler ? name : `${name} (handler ${handler})`,
  );
  const nodes = view.nodes.map(
    ({ name, runtimeVersion, handlers }) => `${name} (${runtimeVersion}: ${(handlers ?? []).join(', ')})`,
  );
  const details = [
    renderFact(page, { name: 'Registry', text: registryUrl }),
    renderFact(page, { name: 'Webhook', text: webhookUrl }),
    renderFact(page, {
      name: 'RuntimeClasses',
      text: `from manifests/runtime-classes: ${classes.join(', ')}`,
    }),
  ];
  return [
    renderTitle(page, 'wasmgate demo'),
    wrap(INTRODUCTION, page.columns, '  '),
    '',
    ...(page.isFull ? details : []),
    renderFact(page, { name: 'Nodes', text: nodes.join(', ') }),
    renderFact(page, { name: 'Configuration', text: `the defaults, and policy: ${policy}` }),
    '',
    '',
  ].join('\n');
}

const HEAD: readonly string[] = ['POD', 'IMAGES', 'OUTCOME', 'RUNTIMECLASS'];
const OUTCOME_COLUMN = 2;

function cellsOf({ scene, admission, containers }: PlayedScene): readonly string[] {
  return [
    scene.pod.metadata?.name ?? '',
    containers.map(kindOf).join(' + '),
    outcomeOf(admission),
    admission.stored.spec.runtimeClassName ?? '',
  ];
}

function renderTable({ paint }: Page, played: readonly PlayedScene[]): readonly string[] {
  const rows = played.map(cellsOf);
  const widths = HEAD.map((_, column) =>
    Math.max(...[HEAD, ...rows].map((cells) => cells[column]?.length ?? 0)),
  );
  const padded = (cells: readonly string[]): readonly string[] =>
    cells.map((cell, column) => cell.padEnd(widths[column] ?? 0));
  return [
    `  ${paint('bold', padded(HEAD).join('  ').trimEnd())}`,
    ...played.map((one) => {
      const style = OUTCOME_STYLES[outcomeOf(one.admission)];
      const cells = padded(cellsOf(one)).map((cell, column) =>
        column === OUTCOME_COLUMN ? paint(style, cell) : cell,
      );
      return `  ${cells.join('  ').trimEnd()}`;
    }),
  ];
}

export function renderClosing(page: DemoPage, played: readonly PlayedScene[]): string {
  const good = played.filter((one) => checkScene(one).length === 0).length;
  const verdict = `${good} of ${played.length} behaved as expected`;
  return [
    renderTitle(page, 'Summary'),
    ...renderTable(page, played),
    '',
    `  ${page.paint(['bold', good === played.length ? 'green' : 'red'], verdict)}`,
    '',
    ...(page.isFull ? [] : [renderFact(page, { name: 'All details', text: 'npm run demo -- --full' })]),
    renderFact(page, { name: 'Into a cluster', text: 'README.md, "Install"' }),
    renderFact(page, { name: 'Your images', text: 'npx wasmgate inspect IMAGE' }),
    renderFact(page, { name: 'Your manifests', text: 'npx wasmgate review -f FILE --live' }),
    renderFact(page, { name: 'Every setting', text: 'npx wasmgate serve --help' }),
    '',
  ].join('\n');
}
