import type { Severity } from '../policy/finding-catalog.ts';
import type { AuditedWorkload, AuditReport, AuditSubject, AuditSummary } from './audit-report.ts';
import { compareText } from './audited-images.ts';
import { SEVERITIES, OUTCOMES, type ReviewOutcome } from './reported-item.ts';

type Counts<Key extends string> = Record<Key, number>;

function zero<Key extends string>(keys: readonly Key[]): Counts<Key> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Counts<Key>;
}

function summarize(
  { workloads, images }: Pick<AuditReport, 'workloads' | 'images'>,
  skippedPods: number,
): AuditSummary {
  const outcomes: Counts<ReviewOutcome> = zero(OUTCOMES);
  const findings: Counts<Severity> = zero(SEVERITIES);
  const pods = { running: 0, failing: 0, skipped: skippedPods };
  for (const workload of workloads) {
    outcomes[workload.outcome] += 1;
    pods.running += workload.pods.running;
    pods.failing += workload.pods.failing;
    for (const { severity } of workload.findings) findings[severity] += 1;
  }
  const failing = workloads.filter((workload) => workload.pods.failing > 0).length;
  return { workloads: workloads.length, outcomes, failing, pods, images: images.length, findings };
}

function orderOf({ namespace, kind, name, uid }: AuditSubject): string {
  // No name contains a space.
  return [namespace, kind, name, uid].join(' ');
}

export type Audited = Omit<AuditReport, 'summary'>;

export function assembleReport(audited: Audited, skippedPods: number): AuditReport {
  const workloads: readonly AuditedWorkload[] = audited.workloads.toSorted((one, other) =>
    compareText(orderOf(one.subject), orderOf(other.subject)),
  );
  return { ...audited, workloads, summary: summarize({ ...audited, workloads }, skippedPods) };
}
