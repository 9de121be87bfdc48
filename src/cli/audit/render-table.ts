import type {
  AuditedCluster,
  AuditedImage,
  AuditedWorkload,
  AuditReport,
  AuditSummary,
  UnreadableList,
} from '../../audit/audit-report.ts';
import { SEVERITIES } from '../../audit/reported-item.ts';
import { counted } from '../../lib/words.ts';
import { describeSummary } from '../../policy/describe.ts';
import { isNotable, type FailOptions } from '../fail-on.ts';
import {
  describeOpenFacts,
  findingLines,
  lackWords,
  noteLine,
  outcomeCounts,
  titleLine,
} from '../item-lines.ts';
import { wrap, wrapAdvice, type Page } from '../page.ts';
import { installationWords } from './capability-words.ts';
import { renderCapabilities } from './render-capabilities.ts';

/** Workloads by how much they need a look: the lowest rank first. */
const RANKS = ['refused', 'error', 'undecided', 'warning', 'info', 'noted', 'good', 'skipped'] as const;
type Rank = (typeof RANKS)[number];

function rankOf({ outcome, findings, notes }: AuditedWorkload): Rank {
  if (outcome === 'refused' || outcome === 'skipped') return outcome;
  const worst = SEVERITIES.find((severity) =>
    findings.some((finding) => finding.severity === severity && finding.action !== 'excepted'),
  );
  if (worst === 'error') return worst;
  if (outcome === 'undecided') return outcome;
  return worst ?? (notes.length > 0 ? 'noted' : 'good');
}

interface Ranked {
  readonly workload: AuditedWorkload;
  readonly rank: number;
}

function isRank({ rank }: Ranked, name: Rank): boolean {
  return RANKS[rank] === name;
}

interface NamespaceRows {
  readonly namespace: string;
  /** The worst first. */
  readonly rows: readonly Ranked[];
}

/** Groups by namespace: the worst namespace first, and in it the worst workload. */
function byNamespace(workloads: readonly AuditedWorkload[]): readonly NamespaceRows[] {
  const ranked = workloads.map((workload) => ({ workload, rank: RANKS.indexOf(rankOf(workload)) }));
  const groups = Map.groupBy(ranked, ({ workload }) => workload.subject.namespace);
  return [...groups]
    .map(([namespace, rows]) => ({ namespace, rows: rows.toSorted((one, other) => one.rank - other.rank) }))
    .toSorted((one, other) => (one.rows[0]?.rank ?? 0) - (other.rows[0]?.rank ?? 0));
}

/** Renders `Deployment web (class wasmtime, chosen by wasmgate; 3 Pods, 2 lack what they need)`. */
function describeWorkload(
  { subject, runtimeClass, pods, mode }: AuditedWorkload,
  { wasmgate }: AuditedCluster,
): string {
  const { kind, name } = subject;
  const { running, failing } = pods;
  const isPod = kind === 'Pod' && subject.apiVersion === 'v1';
  const choice = wasmgate === 'not-installed' ? ', which wasmgate would choose' : ', chosen by wasmgate';
  const parts = [
    ...(runtimeClass === null
      ? []
      : [`class ${runtimeClass.name}${runtimeClass.origin === 'chosen' ? choice : ''}`]),
    ...(isPod || running === 0
      ? []
      : [counted(running, 'Pod') + (failing > 0 && failing < running ? `, ${lackWords(failing)}` : '')]),
    ...(mode === null || mode === 'enforce' ? [] : [`mode ${mode}`]),
  ];
  return `${kind} ${name}${parts.length === 0 ? '' : ` (${parts.join('; ')})`}`;
}

/** Returns its notes, and which facts are missing: the notes of images and objects say why those are unknown. */
function notesOf(workload: AuditedWorkload): readonly string[] {
  const facts = workload.hangsOn.filter((matter) => matter !== 'images' && matter !== 'manifest');
  return [...workload.notes, describeOpenFacts(workload, facts) ?? []].flat();
}

/** Renders a line for each workload, and below workloads that say the same what they say. */
function workloadLines(
  page: Page,
  workloads: readonly AuditedWorkload[],
  cluster: AuditedCluster,
): readonly string[] {
  const groups = Map.groupBy(workloads, ({ outcome, refuses, hangsOn, findings, notes }) =>
    JSON.stringify([outcome, refuses, hangsOn, findings, notes]),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return [
      ...group.map((workload) => titleLine(page, workload, describeWorkload(workload, cluster))),
      ...(first === undefined ? [] : notesOf(first)).map((text) => noteLine(page, text)),
      ...(first?.findings ?? []).flatMap((finding) => findingLines(page, finding)),
    ];
  });
}

/** Renders `37 workloads need nothing; wasmgate changes new Pods of 4.` */
function restLines(
  { columns, paint }: Page,
  rows: readonly Ranked[],
  { wasmgate }: AuditedCluster,
): readonly string[] {
  const good = rows.filter((one) => isRank(one, 'good')).map(({ workload }) => workload);
  const changed = good.filter(({ outcome }) => outcome === 'changed').length;
  const lines: string[] = [];
  if (good.length > 0) {
    const sets = wasmgate === 'not-installed' ? 'would set' : 'sets';
    const more = changed === 0 ? '' : `; wasmgate ${sets} what new Pods of ${changed} of them need`;
    lines.push(`${counted(good.length, 'workload needs', 'workloads need')} nothing${more}.`);
  }
  const skipped = rows.filter((one) => isRank(one, 'skipped')).map(({ workload }) => workload);
  if (skipped.length > 0) {
    const reasons = new Set(skipped.flatMap(({ notes }) => notes.slice(0, 1)));
    lines.push(`${counted(skipped.length, 'workload')} skipped: ${[...reasons].join('; ')}.`);
  }
  return lines.map((line) => paint('dim', wrap(line, columns, '  ')));
}

function renderNamespace(page: Page, { namespace, rows }: NamespaceRows, cluster: AuditedCluster): string {
  const shown = rows.filter((one) => !isRank(one, 'good') && !isRank(one, 'skipped'));
  const lines = [
    page.paint('bold', wrap(`Namespace ${namespace}`, page.width, '')),
    ...workloadLines(
      page,
      shown.map(({ workload }) => workload),
      cluster,
    ),
    ...restLines(page, rows, cluster),
  ];
  return `${lines.join('\n')}\n`;
}

/** Images of a kind that are listed by name, because they need something. */
const LISTED: ReadonlySet<AuditedImage['verdict']['kind']> = new Set(['unknown', 'not-a-workload']);

/** Names listed for one kind; there may be thousands in a registry that does not answer. */
const MAX_IMAGES = 5;

function renderImages(page: Page, images: readonly AuditedImage[]): string {
  const { columns, width, paint } = page;
  const groups = Map.groupBy(images, ({ verdict }) => describeSummary(verdict));
  const sorted = [...groups].toSorted(([, one], [, other]) => other.length - one.length);
  const digits = Math.max(...sorted.map(([, group]) => group.length.toLocaleString('en').length), 1);
  const indent = ' '.repeat(digits + 4);
  const lines = sorted.flatMap(([what, group]) => {
    const head = `  ${group.length.toLocaleString('en').padStart(digits)}  ${wrap(what, columns, indent).trimStart()}`;
    const [first] = group;
    if (first === undefined || !LISTED.has(first.verdict.kind)) return [head];
    const more = group.length - MAX_IMAGES;
    return [
      head,
      ...group.slice(0, MAX_IMAGES).map(({ image }) => wrap(image, width, indent)),
      ...(more > 0 ? [wrap(`and ${more.toLocaleString('en')} more`, columns, indent)] : []),
      ...[...new Set(group.flatMap(({ advice }) => advice ?? []))].map((advice) =>
        wrap(`To resolve: ${advice}`, columns, indent),
      ),
    ];
  });
  return lines.length === 0 ? '' : `${paint('bold', 'Images')}\n${lines.join('\n')}\n`;
}

function renderUnreadable({ columns, paint }: Page, unreadable: readonly UnreadableList[]): string {
  if (unreadable.length === 0) return '';
  const lines = unreadable.flatMap(({ message, advice }) => [
    wrap(message, columns, '  '),
    ...(advice === '' ? [] : [wrapAdvice(`Fix: ${advice}`, columns, '    ')]),
  ]);
  return `${paint(['bold', 'yellow'], 'Not read')}\n${lines.join('\n')}\n`;
}

function scopeWords({ scope: { namespace, selector } }: AuditReport): string {
  const where = namespace === null ? 'all namespaces' : `namespace ${namespace}`;
  return selector === '' ? where : `${where}, labels ${selector}`;
}

/** Many users start in an empty namespace. */
function describeNothing(report: AuditReport): string {
  const more = report.scope.namespace === null ? '' : ' For all namespaces, use --all-namespaces.';
  return `No workloads and no Pods found: ${scopeWords(report)}.${more}`;
}

/** Renders `60 workloads: 3 denied, …. 200 running Pods, 12 lack what they need. 40 images. 3 errors, 2 warnings.` */
function renderSummary({ columns, paint }: Page, report: AuditReport): string {
  const { cluster, isInterrupted, isComplete, summary } = report;
  const { workloads, pods, images } = summary;
  if (isComplete && workloads === 0) return `${paint('bold', wrap(describeNothing(report), columns, ''))}\n`;
  const sentences = [
    counted(workloads, 'workload') + listOf(outcomeCounts(report.workloads)),
    counted(pods.running, 'running Pod') + (pods.failing > 0 ? `, ${lackWords(pods.failing)}` : ''),
    counted(images, 'image'),
    findingCounts(summary),
    cluster.wasmgate === 'not-installed'
      ? 'wasmgate is not installed: these outcomes are what it would do'
      : '',
  ].filter((sentence) => sentence !== '');
  const incomplete = isInterrupted
    ? 'Incomplete: the audit was interrupted. '
    : isComplete
      ? ''
      : 'Incomplete: not everything could be listed. ';
  return `${paint('bold', wrap(`${incomplete}${sentences.join('. ')}.`, columns, ''))}\n`;
}

function listOf(parts: readonly string[]): string {
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

function findingCounts({ findings }: AuditSummary): string {
  return SEVERITIES.flatMap((severity) =>
    findings[severity] === 0
      ? []
      : [
          severity === 'info'
            ? `${findings.info.toLocaleString('en')} info`
            : counted(findings[severity], severity),
        ],
  ).join(', ');
}

function renderHead({ columns }: Page, report: AuditReport): string {
  const { cluster, configuration } = report;
  const { server, version } = cluster;
  const of = version === '' ? '' : ` (Kubernetes ${version})`;
  return `${wrap(`Audit of ${server}${of}: ${scopeWords(report)}. Configuration: ${configuration}. ${installationWords(report)}`.trimEnd(), columns, '')}\n`;
}

/** Renders the report for people; the summary comes last, where a terminal shows it. */
export function renderAudit(page: Page, report: AuditReport, { isQuiet, failOn }: FailOptions): string {
  const workloads = isQuiet
    ? report.workloads.filter((workload) => isNotable(workload, failOn))
    : report.workloads;
  const namespaces = byNamespace(workloads).map((rows) => renderNamespace(page, rows, report.cluster));
  if (isQuiet) return namespaces.join('\n');
  const sections = [
    renderHead(page, report),
    ...namespaces,
    renderImages(page, report.images),
    renderCapabilities(page, report.capabilities),
    renderUnreadable(page, report.unreadable),
    renderSummary(page, report),
  ];
  return sections.filter((section) => section !== '').join('\n');
}
