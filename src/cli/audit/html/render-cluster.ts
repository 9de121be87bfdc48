import type {
  ClassCapability,
  ClassNodes,
  ImageKind,
  KnownHandler,
} from '../../../audit/capabilities/class-capability.ts';
import type {
  ClusterCapabilities,
  UnnamedHandler,
} from '../../../audit/capabilities/cluster-capabilities.ts';
import type { NodeRuntime } from '../../../audit/capabilities/node-runtimes.ts';
import type { RuntimeEffect } from '../../../audit/capabilities/runtime-effects.ts';
import { counted } from '../../../lib/words.ts';
import type { Severity } from '../../../policy/finding-catalog.ts';
import { handlerCounts, nodeWords, runtimeWords, useWords } from '../capability-words.ts';
import { markup, type Html } from './markup.ts';
import { number, renderFix, sign, table } from './words.ts';

/** The columns of the table, with the words for each on a narrow page. */
const KINDS: readonly (readonly [kind: ImageKind, words: string])[] = [
  ['linux', 'Linux'],
  ['moduleFile', 'module file'],
  ['moduleArtifact', 'module layer'],
  ['componentFile', 'component file'],
  ['componentArtifact', 'component layer'],
  ['spin', 'Spin'],
  ['slight', 'slight'],
];

const RUNS = {
  yes: ['●', 'runs'],
  conditional: ['◐', 'runs if the annotation reaches it'],
  unknown: ['?', 'may run'],
  no: ['–', 'does not run'],
} as const satisfies Readonly<Record<string, readonly [sign: string, words: string]>>;

/** A handler that wasmgate does not know runs Linux images at least, if it is known as one for Linux. */
function unknownRuns(kind: ImageKind, isForWasm: boolean | null): keyof typeof RUNS {
  if (isForWasm !== false) return 'unknown';
  return kind === 'linux' ? 'yes' : 'no';
}

function renderRuns({ runs, isForWasm }: KnownHandler): readonly Html[] {
  return KINDS.map(([kind, words]) => {
    const found = runs === null ? unknownRuns(kind, isForWasm) : runs[kind];
    const [mark, meaning] = RUNS[found];
    return markup`<td class="runs ${found}" data-label="${words}"><span aria-hidden="true">${mark}</span><span class="vh">${meaning}</span></td>`;
  });
}

function percent(count: number, all: number): string {
  return `${((100 * count) / all).toFixed(1)}%`;
}

function renderNodes(nodes: ClassNodes | null): Html {
  const words = nodeWords(nodes);
  if (nodes === null) return markup`${words}`;
  const { withHandler, withoutHandler, unreported, outOfReach } = nodes;
  const all = Math.max(1, withHandler + withoutHandler + unreported);
  const away = outOfReach === 0 ? null : markup`<span class="soft">${number(outOfReach)} out of reach</span>`;
  return markup`<svg class="share" aria-hidden="true"><rect class="track" width="100%" height="100%"/><rect class="open" x="${percent(withHandler, all)}" width="${percent(unreported, all)}" height="100%"/><rect class="part" width="${percent(withHandler, all)}" height="100%"/></svg>${words}${away}`;
}

function handlerWords({ name, handler, title, isForWasm }: ClassCapability): string {
  const known = title ?? (isForWasm === false ? 'not for Wasm' : 'unknown to wasmgate');
  return handler === name ? known : `handler ${handler}, ${known}`;
}

function renderClass(one: ClassCapability): Html {
  const { name, nodes, use } = one;
  const isUnused = use !== null && use.named + use.chosen === 0;
  return markup`<tr><th scope="row"><code>${name}</code><span class="soft">${handlerWords(one)}</span></th><td data-label="Nodes">${renderNodes(nodes)}</td><td class="number" data-label="Used by">${isUnused ? markup`<span class="soft">nothing</span>` : useWords(use)}</td>${renderRuns(one)}</tr>
`;
}

/** The head of the table: two rows, because modules and components come in files and in layers. */
const MATRIX_HEAD = markup`<tr><th scope="col" rowspan="2">RuntimeClass</th><th scope="col" rowspan="2">Nodes</th><th scope="col" rowspan="2" class="number">Used by</th><th scope="col" rowspan="2" class="runs">Linux</th><th scope="colgroup" colspan="2" class="runs">Module</th><th scope="colgroup" colspan="2" class="runs">Component</th><th scope="col" rowspan="2" class="runs">Spin</th><th scope="col" rowspan="2" class="runs">slight</th></tr>
<tr><th scope="col" class="runs">file</th><th scope="col" class="runs">layer</th><th scope="col" class="runs">file</th><th scope="col" class="runs">layer</th></tr>`;

function classTable(classes: readonly ClassCapability[]): Html {
  const signs = Object.values(RUNS).map(
    ([mark, meaning]) => markup`<li><span aria-hidden="true">${mark}</span> ${meaning}</li>`,
  );
  return markup`<table class="matrix"><caption class="vh">RuntimeClasses, their nodes and what they run</caption><thead>
${MATRIX_HEAD}</thead><tbody>
${classes.map(renderClass)}</tbody></table>
<ul class="key">${signs}<li>file: in a file-system layer</li><li>layer: in a Wasm layer or artifact</li><li>Nodes: with the handler, of those where Pods of the class may run</li><li>Used by: workloads</li></ul>`;
}

function remark(severity: Severity, text: Html, advice: string): Html {
  return markup`<li>${sign(severity)}<div><p><span class="vh">${severity}: </span>${text}</p>${renderFix(advice)}</div></li>
`;
}

function classRemarks(classes: readonly ClassCapability[]): readonly Html[] {
  return classes.flatMap(({ name, problems }) =>
    problems.map(({ severity, message, advice }) =>
      remark(severity, markup`<code>${name}</code> ${message}`, advice),
    ),
  );
}

function handlerRemarks(handlers: readonly UnnamedHandler[]): readonly Html[] {
  return handlers
    .filter(({ isForWasm }) => isForWasm === true)
    .map(({ handler, nodes }) => {
      const text = markup`<code>${handler}</code> ${counted(nodes, 'node has', 'nodes have')} this handler, and no RuntimeClass names it.`;
      return remark('info', text, 'Create a RuntimeClass with this handler.');
    });
}

const RUNTIME_COLUMNS = [
  { title: 'Runtime' },
  { title: 'Platform' },
  { title: 'Nodes', isNumber: true },
  { title: 'Handlers' },
];

function renderRuntime(one: NodeRuntime): Html {
  const { platform, nodes, cordoned } = one;
  const away = cordoned === 0 ? null : markup` <span class="soft">(${number(cordoned)} cordoned)</span>`;
  return markup`<tr><th scope="row">${runtimeWords(one)}</th><td>${platform ?? 'unknown'}</td><td class="number" data-label="Nodes">${number(nodes)}${away}</td><td data-label="Handlers">${handlerCounts(one).join(', ')}</td></tr>
`;
}

function effectRemarks(effects: readonly RuntimeEffect[]): readonly Html[] {
  return effects.map(({ severity, runtimes, nodes, message, advice }) => {
    const where = markup`Nodes with <strong>${runtimes.join(', ')}</strong> <span class="soft">(${number(nodes)})</span>`;
    return remark(severity, markup`${where} ${message}.`, advice);
  });
}

function list(remarks: readonly Html[]): Html | null {
  return remarks.length === 0 ? null : markup`<ul class="list">${remarks}</ul>`;
}

/** @param found what is there; null if it could not be listed */
function tableOr<Row>(
  found: readonly Row[] | null,
  what: string,
  render: (rows: readonly Row[]) => Html,
): Html {
  if (found === null) return markup`<p class="remark">wasmgate could not list the ${what}.</p>`;
  return found.length === 0 ? markup`<p class="soft">The cluster has no ${what}.</p>` : render(found);
}

function renderRuntimes(runtimes: readonly NodeRuntime[]): Html {
  return table('Nodes by runtime', RUNTIME_COLUMNS, runtimes.map(renderRuntime));
}

export function renderCluster(capabilities: ClusterCapabilities): Html {
  const { classes, handlersWithoutClass, runtimes, effects } = capabilities;
  const handlers = handlersWithoutClass ?? [];
  const others = handlers.filter(({ isForWasm }) => isForWasm !== true).map(({ handler }) => handler);
  const rest =
    others.length === 0
      ? null
      : markup`<p class="soft">Other handlers without a class: ${others.join(', ')}.</p>`;
  return markup`<section id="classes" aria-labelledby="classes-title">
<h2 id="classes-title">RuntimeClasses, handlers and nodes</h2>
${tableOr(classes, 'RuntimeClasses', classTable)}
${list([...classRemarks(classes ?? []), ...handlerRemarks(handlers)])}
${rest}
</section>
<section id="nodes" aria-labelledby="nodes-title">
<h2 id="nodes-title">Nodes by runtime, and what that means for Wasm images</h2>
${tableOr(runtimes, 'nodes', renderRuntimes)}
${list(effectRemarks(effects))}
</section>`;
}
