import type { AuditedWorkload, AuditFinding, AuditReport } from '../../../audit/audit-report.ts';
import { SEVERITIES } from '../../../audit/reported-item.ts';
import { counted } from '../../../lib/words.ts';
import type { FindingId, Severity } from '../../../policy/finding-catalog.ts';
import { markup, type Html } from './markup.ts';
import { number, prose, renderFix, SEVERITY_PLURALS, sign, titleOf } from './words.ts';

/** Workloads listed under a finding before the rest is folded. */
const MAX_SHOWN = 12;

/** A workload that has the finding. */
interface Holder {
  readonly workload: AuditedWorkload;
  /** Its position in the report, which links lead to. */
  readonly index: number;
  /** How many of its running Pods have it; null if it is about new Pods. */
  readonly pods: number | null;
}

/** A finding with the same text in several workloads. */
interface Case {
  readonly finding: AuditFinding;
  readonly holders: Holder[];
}

interface FindingGroup {
  readonly id: FindingId;
  readonly severity: Severity;
  /** By their text. */
  readonly cases: Map<string, Case>;
  /** Positions of the workloads that have it. */
  readonly workloads: Set<number>;
  /** Running Pods that have it. */
  pods: number;
}

function add({ cases, workloads }: FindingGroup, finding: AuditFinding, holder: Holder): void {
  const text = `${finding.message}\n${finding.advice}`;
  const known = cases.get(text) ?? { finding, holders: [] };
  cases.set(text, known);
  known.holders.push(holder);
  workloads.add(holder.index);
}

/** Groups the findings by severity and id, and within these by text. Those of most running Pods come first. */
function groupFindings(all: readonly AuditedWorkload[]): readonly FindingGroup[] {
  const groups = new Map<string, FindingGroup>();
  all.forEach((workload, index) => {
    for (const finding of workload.findings) {
      const { id, severity, pods } = finding;
      const key = `${severity} ${id}`;
      const group = groups.get(key) ?? { id, severity, cases: new Map(), workloads: new Set(), pods: 0 };
      groups.set(key, group);
      add(group, finding, { workload, index, pods });
      group.pods += pods ?? 0;
    }
  });
  return [...groups.values()].toSorted(
    (one, other) => other.pods - one.pods || other.workloads.size - one.workloads.size,
  );
}

function link({ workload, index, pods }: Holder): Html {
  const count = pods === null ? null : markup` <span class="soft">(${counted(pods, 'Pod')})</span>`;
  return markup`<li><a href="#w${index}">${titleOf(workload)}</a>${count}</li>`;
}

function holderList(holders: readonly Holder[]): Html {
  const shown = markup`<ul class="who">${holders.slice(0, MAX_SHOWN).map(link)}</ul>`;
  const rest = holders.slice(MAX_SHOWN);
  if (rest.length === 0) return shown;
  return markup`${shown}<details class="more"><summary>${number(rest.length)} more</summary><ul class="who">${rest.map(link)}</ul></details>`;
}

function renderCase({ finding, holders }: Case): Html {
  return markup`<li><p>${prose(finding.message)}</p>${renderFix(finding.advice)}${holderList(holders)}</li>
`;
}

function renderWhy(why: string): Html | null {
  if (why === '') return null;
  return markup`<details class="more"><summary>Why it matters</summary><p class="why">${prose(why)}</p></details>`;
}

function renderGroup({ id, severity, cases, workloads }: FindingGroup, why: string): Html {
  return markup`<details class="finding"${severity === 'error' ? markup` open` : null}>
<summary><h4>${sign(severity)}<code>${id}</code></h4><span class="count">${counted(workloads.size, 'workload')}</span></summary>
<ul class="cases">${[...cases.values()].map(renderCase)}</ul>${renderWhy(why)}
</details>
`;
}

/** @param whyOf explains a finding; '' if there is no explanation */
export function renderFindings({ workloads }: AuditReport, whyOf: (id: FindingId) => string): Html {
  const groups = groupFindings(workloads);
  const bySeverity = SEVERITIES.map((severity) => {
    const found = groups.filter((group) => group.severity === severity);
    const body = found.map((group) => renderGroup(group, whyOf(group.id)));
    return markup`<h3 id="${severity}">${SEVERITY_PLURALS[severity]}</h3>
${found.length === 0 ? markup`<p class="soft">None.</p>` : body}`;
  });
  return markup`<section id="findings" aria-labelledby="findings-title">
<h2 id="findings-title">Findings and fixes</h2>
${bySeverity}
</section>`;
}
