import type { AuditReport, AuditSummary } from '../../../audit/audit-report.ts';
import type { ReviewOutcome } from '../../../audit/item.ts';
import { counted } from '../capability-words.ts';
import { markup, type Html } from './markup.ts';
import { number, OUTCOME_WORDS, SEVERITIES, SEVERITY_PLURALS, sign } from './words.ts';

/** The gravest first. */
const ORDER = [
  'refused',
  'undecided',
  'changed',
  'admitted',
  'skipped',
] as const satisfies readonly ReviewOutcome[];

/** `2026-11-29 11:30 UTC`: the seconds do not matter to a reader. */
function minuteOf(takenAt: string): string {
  return `${takenAt.slice(0, 16).replace('T', ' ')} UTC`;
}

function scopeOf({ scope: { namespace, selector } }: AuditReport): string {
  const where = namespace === null ? 'all namespaces' : `namespace ${namespace}`;
  return selector === '' ? where : `${where}, objects with ${selector}`;
}

/** Returns the API server's address, or a word if it is unknown. */
export function clusterName({ cluster: { server } }: AuditReport): string {
  return server === '' ? 'a cluster' : server.replace(/\/$/, '');
}

function incomplete({ isInterrupted }: AuditReport): Html {
  const why = isInterrupted
    ? 'It was interrupted, and holds what wasmgate had judged by then.'
    : 'wasmgate could not list everything.';
  return markup`<p class="banner">${sign('warning')}<span><strong>This report is incomplete.</strong> ${why} <a href="#gaps">What is missing</a></span></p>`;
}

export function renderHead(report: AuditReport): Html {
  const { cluster, configuration, takenAt } = report;
  const facts: readonly (readonly [name: string, value: Html | string])[] = [
    ['Taken', markup`<time datetime="${takenAt}">${minuteOf(takenAt)}</time>`],
    ['Kubernetes', cluster.version === '' ? 'unknown version' : cluster.version],
    ['Scope', scopeOf(report)],
    ['Configuration', configuration],
  ];
  return markup`<header>
<p class="eyebrow">Wasm audit</p>
<h1>${clusterName(report)}</h1>
<dl class="facts">${facts.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
${report.isComplete ? null : incomplete(report)}
</header>`;
}

/** `a`, `a and b`, or `a, b and c` */
function enumerate(parts: readonly string[]): string {
  const last = parts.at(-1) ?? '';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`;
}

function leadOnOutcomes({ workloads, outcomes }: AuditSummary): string {
  const parts: readonly (readonly [count: number, text: string])[] = [
    [outcomes.refused, 'would be denied'],
    [outcomes.changed, 'would be changed'],
    [outcomes.undecided, 'could not be decided'],
  ];
  const found = parts.flatMap(([count, text]) => (count === 0 ? [] : [`${number(count)} ${text}`]));
  if (workloads === 0) return 'There is no workload to judge.';
  if (found.length === 0) return `wasmgate would change or deny none of ${counted(workloads, 'workload')}.`;
  return `Of ${counted(workloads, 'workload')}, ${enumerate(found)}.`;
}

function leadOnPods({ failing, pods }: AuditSummary): string {
  if (pods.failing === 0) return '';
  const lacks = pods.failing === 1 ? 'lacks what it needs' : 'lack what they need';
  return ` ${counted(pods.failing, 'running Pod')} of ${counted(failing, 'workload')} ${lacks}.`;
}

/** Renders the share of each outcome as a bar. The list below it says the same in numbers. */
function outcomeBar({ outcomes, workloads }: AuditSummary): Html {
  let start = 0;
  const parts = ORDER.flatMap((outcome) => {
    const width = (100 * outcomes[outcome]) / Math.max(1, workloads);
    const x = start;
    start += width;
    return width === 0
      ? []
      : [
          markup`<rect class="fill ${outcome}" x="${x.toFixed(3)}%" width="${width.toFixed(3)}%" height="100%"/>`,
        ];
  });
  const legend = ORDER.map((outcome) => {
    const swatch = markup`<svg class="swatch" aria-hidden="true"><rect class="fill ${outcome}" width="100%" height="100%" rx="2"/></svg>`;
    const isNone = outcomes[outcome] === 0;
    return markup`<li${isNone ? markup` class="none"` : null}>${swatch}<b>${number(outcomes[outcome])}</b> ${OUTCOME_WORDS[outcome]}</li>`;
  });
  return markup`<svg class="bar" aria-hidden="true">${parts}</svg><ul class="legend">${legend}</ul>`;
}

function tile(value: number, label: string, href: string): Html {
  return markup`<li><a href="${href}"><b>${number(value)}</b> ${label}</a></li>`;
}

export function renderSummary({ summary, unreadable }: AuditReport): Html {
  const { findings, pods, workloads, images } = summary;
  const bySeverity = SEVERITIES.map((severity) => {
    const count = findings[severity];
    const words = SEVERITY_PLURALS[severity].toLowerCase();
    return markup`<li${count === 0 ? markup` class="none"` : null}><a href="#${severity}">${sign(severity)}<b>${number(count)}</b> ${words}</a></li>`;
  });
  return markup`<section id="summary" aria-labelledby="summary-title">
<h2 id="summary-title" class="vh">Summary</h2>
<p class="lead">${leadOnOutcomes(summary)}${leadOnPods(summary)}</p>
${workloads === 0 ? null : outcomeBar(summary)}
<ul class="tiles">
${bySeverity}
${tile(workloads, 'workloads', '#workloads')}
${tile(pods.running, 'running Pods', '#where')}
${tile(images, 'images', '#images')}
${unreadable.length === 0 ? null : tile(unreadable.length, 'lists not read', '#gaps')}
</ul>
</section>`;
}
