import type { AuditedWorkload, AuditReport } from '../../../audit/audit-report.ts';
import { markup, type Html } from './markup.ts';
import { countLabels, number, type Label } from './words.ts';

export interface Numbered {
  readonly workload: AuditedWorkload;
  /** Its position in the report, which links lead to. */
  readonly index: number;
}

/** Groups the workloads by namespace, in the report's order. */
export function byNamespace({ workloads }: AuditReport): ReadonlyMap<string, readonly Numbered[]> {
  return Map.groupBy(
    workloads.map((workload, index) => ({ workload, index })),
    ({ workload }) => workload.subject.namespace,
  );
}

export function namespaceTitle(namespace: string): string {
  return namespace === '' ? 'Without a namespace' : namespace;
}

export function hasWasm({ images }: AuditedWorkload): boolean {
  return images.some(({ verdict }) => verdict.kind === 'wasm');
}

/** Reports whether there is nothing to say: an ordinary workload that wasmgate leaves as it is. */
export function isPlain({ outcome, findings, notes, images, runtimeClass, pods }: AuditedWorkload): boolean {
  return (
    outcome === 'admitted' &&
    findings.length + notes.length + pods.failing === 0 &&
    runtimeClass === null &&
    images.every(({ verdict }) => verdict.kind === 'container')
  );
}

export function isSkipped({ outcome, findings, pods }: AuditedWorkload): boolean {
  return outcome === 'skipped' && findings.length + pods.failing === 0;
}

/** Outcomes that a namespace's line counts; the other workloads run as they are. */
const NOTED = ['failing', 'denied', 'undecided', 'changed', 'skipped'] as const satisfies readonly Label[];

/** Renders the number of workloads of each outcome. */
export function renderOutcomes(workloads: readonly AuditedWorkload[]): readonly Html[] {
  const counts = countLabels(workloads);
  return NOTED.flatMap((label) =>
    counts[label] === 0
      ? []
      : [markup`<span class="outcome ${label}">${number(counts[label])} ${label}</span>`],
  );
}
