import type { AuditReport } from '../../../audit/audit-report.ts';
import { counted } from '../../../lib/words.ts';
import { markup, type Html } from './markup.ts';
import {
  byNamespace,
  isPlain,
  isSkipped,
  namespaceTitle,
  renderOutcomes,
  type Numbered,
} from './namespaces.ts';
import { renderWorkload } from './render-workload.ts';

/** Renders workloads of which there is little to say as one folded list. */
function renderFolded(title: string, workloads: readonly Numbered[]): Html | null {
  if (workloads.length === 0) return null;
  const names = workloads.map(({ workload: { subject, notes }, index }) => {
    const why = notes.map((note) => markup`<br><span class="soft">${note}</span>`);
    return markup`<li id="w${index}"><span class="soft">${subject.kind}</span> ${subject.name}${why}</li>
`;
  });
  return markup`<details class="more"><summary>${counted(workloads.length, 'workload')} ${title}</summary><ul class="names">${names}</ul></details>
`;
}

/** Namespaces are open as long as the section is easy to scroll through. */
const MAX_OPEN = 200;

interface Shown {
  readonly position: number;
  readonly isOpen: boolean;
}

function renderNamespace(namespace: string, workloads: readonly Numbered[], shown: Shown): Html {
  const plain = workloads.filter(({ workload }) => isPlain(workload));
  const skipped = workloads.filter(({ workload }) => isSkipped(workload));
  const others = workloads.filter(({ workload }) => !isPlain(workload) && !isSkipped(workload));
  const isOpen = shown.isOpen && others.length > 0;
  const outcomes = renderOutcomes(workloads.map(({ workload }) => workload));
  return markup`<details class="namespace"${isOpen ? markup` open` : null}>
<summary><h3>${namespaceTitle(namespace)}</h3><span class="count">${counted(workloads.length, 'workload')}</span><span class="outcomes">${outcomes}</span></summary>
<div id="n${shown.position}">
${others.map(renderWorkload)}${renderFolded('admitted unchanged, without Wasm', plain)}${renderFolded('skipped', skipped)}</div></details>
`;
}

/** Yields the section in pieces, one for each namespace. */
export function* renderWorkloads(report: AuditReport): Generator<Html> {
  yield markup`<section id="workloads" aria-labelledby="workloads-title">
<h2 id="workloads-title">Workloads</h2>
`;
  if (report.workloads.length === 0) yield markup`<p class="soft">None.</p>`;
  const isOpen = report.workloads.filter((workload) => !isPlain(workload)).length <= MAX_OPEN;
  let position = 0;
  for (const [namespace, workloads] of byNamespace(report)) {
    yield renderNamespace(namespace, workloads, { position, isOpen });
    position += 1;
  }
  yield markup`</section>
`;
}
