import type { AuditReport, AuditSummary } from '../../../audit/audit-report.ts';
import { SEVERITIES } from '../../../audit/reported-item.ts';
import { counted, enumerate } from '../../../lib/words.ts';
import { installationWords } from '../capability-words.ts';
import { markup, type Html } from './markup.ts';
import { countLabels, LABELS, number, SEVERITY_PLURALS, sign } from './words.ts';

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

function installationBanner(report: AuditReport): Html | null {
  const words = installationWords(report);
  return words === '' ? null : markup`<p class="banner">${sign('info')}<span>${words}</span></p>`;
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
${installationBanner(report)}${report.isComplete ? null : incomplete(report)}
</header>`;
}

function leadOnOutcomes({ workloads }: AuditReport): string {
  const counts = countLabels(workloads);
  const parts: readonly (readonly [count: number, text: string])[] = [
    [counts.denied, 'would be denied'],
    [counts.changed, 'would be changed'],
    [counts.undecided, 'could not be decided'],
  ];
  const found = parts.flatMap(([count, text]) => (count === 0 ? [] : [`${number(count)} ${text}`]));
  const all = counted(workloads.length, 'workload');
  if (workloads.length === 0) return 'There is no workload to judge.';
  return found.length === 0
    ? `wasmgate would change or deny none of ${all}.`
    : `Of ${all}, ${enumerate(found)}.`;
}

function leadOnPods({ failing, pods }: AuditSummary): string {
  if (pods.failing === 0) return '';
  const lacks = pods.failing === 1 ? 'lacks what it needs' : 'lack what they need';
  return ` ${counted(pods.failing, 'running Pod')} of ${counted(failing, 'workload')} ${lacks}.`;
}

/** Renders the share of each outcome as a bar. The list below it says the same in numbers. */
function outcomeBar({ workloads }: AuditReport): Html {
  const counts = countLabels(workloads);
  let start = 0;
  const parts = LABELS.flatMap((label) => {
    const width = (100 * counts[label]) / Math.max(1, workloads.length);
    const x = start;
    start += width;
    return width === 0
      ? []
      : [
          markup`<rect class="fill ${label}" x="${x.toFixed(3)}%" width="${width.toFixed(3)}%" height="100%"/>`,
        ];
  });
  const legend = LABELS.map((label) => {
    const swatch = markup`<svg class="swatch" aria-hidden="true"><rect class="fill ${label}" width="100%" height="100%" rx="2"/></svg>`;
    return markup`<li${counts[label] === 0 ? markup` class="none"` : null}>${swatch}<b>${number(counts[label])}</b> ${label}</li>`;
  });
  return markup`<svg class="bar" aria-hidden="true">${parts}</svg><ul class="legend">${legend}</ul>`;
}

function tile(value: number, label: string, href: string): Html {
  return markup`<li><a href="${href}"><b>${number(value)}</b> ${label}</a></li>`;
}

export function renderSummary(report: AuditReport): Html {
  const { summary, unreadable } = report;
  const { findings, pods, workloads, images } = summary;
  const bySeverity = SEVERITIES.map((severity) => {
    const count = findings[severity];
    const words = SEVERITY_PLURALS[severity].toLowerCase();
    return markup`<li${count === 0 ? markup` class="none"` : null}><a href="#${severity}">${sign(severity)}<b>${number(count)}</b> ${words}</a></li>`;
  });
  return markup`<section id="summary" aria-labelledby="summary-title">
<h2 id="summary-title" class="vh">Summary</h2>
<p class="lead">${leadOnOutcomes(report)}${leadOnPods(summary)}</p>
${workloads === 0 ? null : outcomeBar(report)}
<ul class="tiles">
${bySeverity}
${tile(workloads, 'workloads', '#workloads')}
${tile(pods.running, 'running Pods', '#where')}
${tile(images, 'images', '#images')}
${unreadable.length === 0 ? null : tile(unreadable.length, 'lists not read', '#gaps')}
</ul>
</section>`;
}
