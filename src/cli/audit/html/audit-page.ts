import { createHash } from 'node:crypto';
import type { AuditReport } from '../../../audit/audit-report.ts';
import { counted } from '../../../lib/words.ts';
import type { FindingId } from '../../../policy/finding-catalog.ts';
import { markup, styleElement, type Html } from './markup.ts';
import { renderCluster } from './render-cluster.ts';
import { renderFindings } from './render-findings.ts';
import { renderImages } from './render-images.ts';
import { clusterName, renderHead, renderSummary } from './render-summary.ts';
import { renderWhere } from './render-where.ts';
import { renderWorkloads } from './render-workloads.ts';
import { STYLE } from './style.ts';
import { renderFix, table } from './words.ts';

/** Allows this style and nothing else: no script, no request, no form. */
function contentSecurityPolicy(): string {
  const hash = createHash('sha256').update(STYLE).digest('base64');
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
}

function head(report: AuditReport): Html {
  return markup`<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>Wasm audit of ${clusterName(report)}, ${report.takenAt.slice(0, 10)}</title>
${styleElement(STYLE)}
</head>`;
}

const LINKS: readonly (readonly [href: string, text: string])[] = [
  ['#summary', 'Summary'],
  ['#findings', 'Findings'],
  ['#where', 'What runs where'],
  ['#classes', 'RuntimeClasses'],
  ['#nodes', 'Nodes'],
  ['#images', 'Images'],
  ['#workloads', 'Workloads'],
  ['#gaps', 'Not judged'],
];

function navigation(): Html {
  const links = LINKS.map(([href, text]) => markup`<li><a href="${href}">${text}</a></li>`);
  return markup`<nav aria-label="Sections"><ul>${links}</ul></nav>`;
}

function unreadableTable({ unreadable }: AuditReport): Html | null {
  if (unreadable.length === 0) return null;
  const rows = unreadable.map(
    ({ what, message, advice }) =>
      markup`<tr><th scope="row">${what}</th><td>${message}${renderFix(advice)}</td></tr>
`,
  );
  return table('Lists that failed', [{ title: 'List' }, { title: 'Why' }], rows);
}

function gapsOf({ isInterrupted, summary: { outcomes, pods } }: AuditReport): readonly string[] {
  const skipped = counted(outcomes.skipped, 'workload');
  const mirrors = counted(pods.skipped, 'static Pod');
  return [
    ...(isInterrupted ? ['The audit was interrupted before it had judged everything.'] : []),
    ...(outcomes.skipped === 0 ? [] : [`${skipped} skipped, each with the reason in the section above.`]),
    ...(pods.skipped === 0 ? [] : [`${mirrors} skipped, which a node creates and no webhook sees first.`]),
  ];
}

function renderGaps(report: AuditReport): Html {
  const gaps = gapsOf(report);
  const isWhole = gaps.length + report.unreadable.length === 0;
  return markup`<section id="gaps" aria-labelledby="gaps-title">
<h2 id="gaps-title">Not read or not judged</h2>
${unreadableTable(report)}
${isWhole ? markup`<p class="soft">Nothing.</p>` : markup`<ul class="gaps">${gaps.map((gap) => markup`<li>${gap}</li>`)}</ul>`}
</section>`;
}

export interface PageOptions {
  /** The version of wasmgate. */
  readonly version: string;
  /** Explains a finding; '' if there is no explanation. */
  readonly whyOf: (id: FindingId) => string;
}

/** Yields a page that needs no other file, in pieces. */
export function* auditPage(report: AuditReport, { version, whyOf }: PageOptions): Generator<string> {
  yield markup`<!doctype html>
<html lang="en">
${head(report)}
<body>
${renderHead(report)}
${navigation()}
<main>
${renderSummary(report)}
${renderFindings(report, whyOf)}
${renderWhere(report)}
${renderCluster(report.capabilities)}
${renderImages(report)}
`.toString();
  for (const part of renderWorkloads(report)) yield part.toString();
  yield markup`${renderGaps(report)}
</main>
<footer><p>wasmgate ${version}</p></footer>
</body>
</html>
`.toString();
}
