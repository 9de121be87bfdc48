import { groupKindOf } from '../../pod/object-metadata.ts';
import type { GroupKind } from '../../pod/workloads.ts';
import type { Severity } from '../../policy/finding-catalog.ts';
import type { AuditedWorkload, AuditFinding, AuditReport } from '../audit-report.ts';
import { isWorkload, NAMESPACE, POD } from '../audited-kinds.ts';
import { OPEN_MATTERS } from '../reported-item.ts';
import {
  reportKey,
  reportName,
  type DesiredReport,
  type Rating,
  type ReportSeverity,
  type Result,
  type Row,
} from './render-report.ts';

const BY_SEVERITY: Readonly<Record<Severity, Rating>> = {
  error: { result: 'fail', severity: 'high' },
  warning: { result: 'warn', severity: 'medium' },
  info: { result: 'warn', severity: 'info' },
};

/** The rating of what could not be decided. */
const UNDECIDED: Rating = { result: 'error', severity: 'medium' };
const UNKNOWN_IMAGE = 'image-unknown';

const RESULTS: readonly Result[] = ['fail', 'error', 'warn', 'skip'];
const SEVERITIES: readonly ReportSeverity[] = ['high', 'medium', 'info'];

/** Rates what is certain by its severity. */
function rate({ id, severity, action, isDoubtful = false }: AuditFinding): Rating {
  if (action === 'excepted') return { ...BY_SEVERITY[severity], result: 'skip' };
  return id === UNKNOWN_IMAGE || isDoubtful ? UNDECIDED : BY_SEVERITY[severity];
}

function findingRows({ findings }: AuditedWorkload): readonly Row[] {
  return findings.map((finding) => {
    const { id, container, message, advice, concerns, pods } = finding;
    const ofContainer = container === null ? {} : { container };
    const ofPods = pods === null ? {} : { pods: String(pods) };
    const properties = { ...ofContainer, ...ofPods, advice, concerns };
    return { rule: id, ...rate(finding), message, properties };
  });
}

function undecided(rule: string, message: string, properties: Row['properties'] = {}): Row {
  return { rule, ...UNDECIDED, message, properties: { ...properties, concerns: 'new-pods' } };
}

/** Returns why a container's image is unknown, as the notes of its own workload say. */
function ownDetail({ notes }: AuditedWorkload, container: string): string | undefined {
  const start = `container "${container}": `;
  return notes.find((note) => note.startsWith(start))?.slice(start.length);
}

/** Says of each unknown that no finding names why the workload is undecided. */
function undecidedRows(workload: AuditedWorkload, details: ReadonlyMap<string, string>): readonly Row[] {
  const { hangsOn, findings, images, notes } = workload;
  const isReported = (container: string): boolean =>
    findings.some((finding) => finding.id === UNKNOWN_IMAGE && finding.container === container);
  const unknown = images.filter(
    ({ container, verdict }) => verdict.kind === 'unknown' && !isReported(container),
  );
  return hangsOn.flatMap((matter): readonly Row[] => {
    switch (matter) {
      case 'images':
        return unknown.map(({ container, image }) => {
          const why =
            ownDetail(workload, container) ?? details.get(image) ?? 'the registry did not say what it is';
          return undecided(UNKNOWN_IMAGE, `container "${container}" (image ${image}): ${why}`, { container });
        });
      case 'manifest':
        return [undecided('undecided', notes.length > 0 ? notes.join('; ') : 'The object is invalid.')];
      default: {
        const message = `The result depends on ${OPEN_MATTERS[matter]}, which wasmgate could not read.`;
        return [undecided('undecided', message)];
      }
    }
  });
}

function rank({ result, severity }: Row): number {
  return RESULTS.indexOf(result) * SEVERITIES.length + SEVERITIES.indexOf(severity);
}

const EVERYTHING: ReadonlySet<string> = new Set(['new-pods', 'running-pods']);
const NOTHING: ReadonlySet<string> = new Set();

/**
 * Returns what an incomplete audit may not have judged of a workload: its Pods, if some Pods could not be listed, and its template,
 * if its kind could not.
 */
function unjudgedOf({ subject }: AuditedWorkload, audit: AuditReport): ReadonlySet<string> {
  if (audit.isComplete) return NOTHING;
  if (audit.isInterrupted) return EVERYTHING;
  const missing = audit.unreadable.flatMap(({ kinds }) => kinds);
  const isMissing = ({ group, kind }: GroupKind): boolean =>
    missing.some((one) => one.group === group && one.kind === kind);
  if (isMissing(NAMESPACE)) return EVERYTHING;
  return new Set([
    ...(isMissing(POD) ? ['running-pods'] : []),
    ...(isMissing(groupKindOf(subject)) ? ['new-pods'] : []),
  ]);
}

/**
 * Returns why images are unknown that only one namespace uses. Of the others, the reason may come from another namespace's lookup,
 * and name what its tenant alone may know.
 */
function privateDetails({ images, workloads }: AuditReport): ReadonlyMap<string, string> {
  const users = new Map<string, string | null>();
  for (const { subject, images: used } of workloads)
    for (const { image } of used) {
      const isFirst = !users.has(image) || users.get(image) === subject.namespace;
      users.set(image, isFirst ? subject.namespace : null);
    }
  return new Map(
    images.flatMap(({ image, detail }) =>
      detail === null || users.get(image) === null ? [] : [[image, detail] as const],
    ),
  );
}

/**
 * Returns what there is to report about each workload, by `reportKey`. A subject without a uid has none.
 *
 * The uid of an owner that was not listed is the Pod author's text. One of another namespace must not replace that one's report;
 * in one namespace, both have the same.
 */
export function desiredReports(audit: AuditReport): ReadonlyMap<string, DesiredReport> {
  const details = privateDetails(audit);
  const desired = new Map<string, DesiredReport>();
  for (const workload of audit.workloads) {
    const { subject } = workload;
    const name = reportName(subject);
    if (name === null) continue;
    const key = reportKey({ namespace: subject.namespace, name });
    const same = desired.get(key);
    const rows = [...(same?.rows ?? []), ...findingRows(workload), ...undecidedRows(workload, details)];
    desired.set(key, {
      subject: same !== undefined && isWorkload(groupKindOf(same.subject)) ? same.subject : subject,
      rows: rows.toSorted((one, other) => rank(one) - rank(other)),
      unjudged: new Set([...(same?.unjudged ?? []), ...unjudgedOf(workload, audit)]),
    });
  }
  return desired;
}
