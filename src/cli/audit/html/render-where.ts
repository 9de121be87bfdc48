import type { AuditedWorkload, AuditReport } from '../../../audit/audit-report.ts';
import { cutEnd } from '../../../lib/bound-text.ts';
import { listSome } from '../../../lib/words.ts';
import { markup, type Html } from './markup.ts';
import { byNamespace, hasWasm, namespaceTitle, renderOutcomes } from './namespaces.ts';
import { number, table } from './words.ts';

/** Classes named in a row. */
const MAX_CLASSES = 4;

/** Characters of each; names as long as Kubernetes allows would fill the row. */
const MAX_NAME = 40;

const COLUMNS = [
  { title: 'Namespace' },
  { title: 'Workloads', isNumber: true },
  { title: 'Wasm', isNumber: true },
  { title: 'Pods', isNumber: true },
  { title: 'RuntimeClasses' },
  { title: 'Outcome' },
];

function classNames(workloads: readonly AuditedWorkload[]): string {
  const names = [...new Set(workloads.flatMap(({ runtimeClass }) => runtimeClass?.name ?? []))].toSorted();
  return listSome(
    names.map((name) => cutEnd(name, MAX_NAME)),
    MAX_CLASSES,
  );
}

function renderRow(namespace: string, workloads: readonly AuditedWorkload[], position: number): Html {
  const running = workloads.reduce((sum, { pods }) => sum + pods.running, 0);
  const failing = workloads.reduce((sum, { pods }) => sum + pods.failing, 0);
  const lacking = failing === 0 ? null : markup` <span class="lacking">${number(failing)} failing</span>`;
  const wasm = workloads.filter(hasWasm).length;
  return markup`<tr><th scope="row"><a href="#n${position}">${namespaceTitle(namespace)}</a></th><td class="number" data-label="Workloads">${number(workloads.length)}</td><td class="number" data-label="Wasm">${number(wasm)}</td><td class="number" data-label="Pods">${number(running)}${lacking}</td><td data-label="Classes">${classNames(workloads)}</td><td class="outcomes">${renderOutcomes(workloads)}</td></tr>
`;
}

export function renderWhere(report: AuditReport): Html {
  const rows = [...byNamespace(report)].map(([namespace, numbered], position) => {
    const workloads = numbered.map(({ workload }) => workload);
    return renderRow(namespace, workloads, position);
  });
  return markup`<section id="where" aria-labelledby="where-title">
<h2 id="where-title">What runs where</h2>
${rows.length === 0 ? markup`<p class="soft">Nothing.</p>` : table('Workloads by namespace', COLUMNS, rows)}
</section>`;
}
