import type { Severity } from '../policy/finding-catalog.ts';
import type {
  AuditedImage,
  AuditedWorkload,
  AuditReport,
  AuditSubject,
  AuditSummary,
} from './audit-report.ts';
import { OUTCOMES, type ReviewOutcome } from './item.ts';

type Counts<Key extends string> = Record<Key, number>;

function zero<Key extends string>(keys: readonly Key[]): Counts<Key> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Counts<Key>;
}

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'info'];

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

/** The verdict that says most, if the commands or rights of several workloads make a difference. */
const RANKS = ['unknown', 'container', 'not-a-workload', 'wasm'] as const;

type ImageFacts = Pick<AuditedImage, 'verdict' | 'detail' | 'advice'>;

/** Collects images with the number of workloads that have them. */
export function createImageList() {
  const images = new Map<string, AuditedImage>();
  return {
    /** Adds an image of one workload, once even if several of its containers have it. */
    add: (image: string, facts: ImageFacts): void => {
      const known = images.get(image);
      const isBetter =
        known === undefined || RANKS.indexOf(facts.verdict.kind) > RANKS.indexOf(known.verdict.kind);
      const { verdict, detail, advice } = isBetter ? facts : known;
      images.set(image, { image, verdict, workloads: (known?.workloads ?? 0) + 1, detail, advice });
    },
    all: (): readonly AuditedImage[] =>
      [...images.values()].toSorted((one, other) => compare(one.image, other.image)),
  };
}

/** Compares by code units, so that a report does not depend on a locale. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function orderOf({ namespace, kind, name, uid }: AuditSubject): string {
  // No name contains a space.
  return [namespace, kind, name, uid].join(' ');
}

export type Audited = Omit<AuditReport, 'summary'>;

export function assembleReport(audited: Audited, skippedPods: number): AuditReport {
  const workloads: readonly AuditedWorkload[] = audited.workloads.toSorted((one, other) =>
    compare(orderOf(one.subject), orderOf(other.subject)),
  );
  return { ...audited, workloads, summary: summarize({ ...audited, workloads }, skippedPods) };
}
