/** How certain a problem is, independent of the action: certain to fail, likely to fail or to surprise, worth knowing. */
export type Severity = 'error' | 'warning' | 'info';

/**
 * What a finding means for the Pod, independent of the action. Classes are compared by it (compare-trials.ts).
 *
 * - `cannot-start`: the Pod does not start, or never becomes ready
 * - `may-not-start`: whether it starts depends on something that the API server does not show, or that may change
 * - `degraded`: it starts, but loses an exit code, a probe or time
 * - `advice`: nothing goes wrong
 */
export type Consequence = 'cannot-start' | 'may-not-start' | 'degraded' | 'advice';

interface Row {
  readonly severity: Severity;
  /** The default for this id; a finding may state its own. */
  readonly consequence: Consequence;
}

/** Every finding, in the order of the reports: class, image, Pod fields, nodes, updates, resources. */
export const FINDINGS = {
  'runtime-class-missing': { severity: 'error', consequence: 'cannot-start' },
  'runtime-class-required': { severity: 'error', consequence: 'advice' },
  'no-runtime-class-for-image': { severity: 'error', consequence: 'cannot-start' },
  'mixed-handlers-needed': { severity: 'error', consequence: 'cannot-start' },
  'handler-cannot-run-image': { severity: 'error', consequence: 'cannot-start' },
  'handler-may-not-run-image': { severity: 'warning', consequence: 'may-not-start' },
  'wasm-entry-not-taken': { severity: 'warning', consequence: 'degraded' },
  'wasm-image-without-runtime-class': { severity: 'error', consequence: 'cannot-start' },
  'image-will-not-pull': { severity: 'error', consequence: 'cannot-start' },
  'image-may-not-pull': { severity: 'warning', consequence: 'may-not-start' },
  'image-not-a-workload': { severity: 'warning', consequence: 'cannot-start' },
  'image-unknown': { severity: 'warning', consequence: 'may-not-start' },
  'command-not-in-image': { severity: 'warning', consequence: 'cannot-start' },
  'file-not-wasm': { severity: 'warning', consequence: 'cannot-start' },
  'wat-not-runnable': { severity: 'warning', consequence: 'cannot-start' },
  'component-on-module-runtime': { severity: 'warning', consequence: 'may-not-start' },
  'image-identity-shared': { severity: 'warning', consequence: 'degraded' },
  'command-required': { severity: 'error', consequence: 'cannot-start' },
  'node-selector-conflict': { severity: 'error', consequence: 'cannot-start' },
  'overhead-conflict': { severity: 'error', consequence: 'cannot-start' },
  'linux-container-under-compat': { severity: 'error', consequence: 'cannot-start' },
  'annotation-conflict': { severity: 'warning', consequence: 'cannot-start' },
  'annotation-delivery-unknown': { severity: 'info', consequence: 'may-not-start' },
  'exec-probe-unsupported': { severity: 'warning', consequence: 'cannot-start' },
  'read-only-root-unsupported': { severity: 'warning', consequence: 'cannot-start' },
  'tty-unsupported': { severity: 'warning', consequence: 'cannot-start' },
  'user-namespace-unsupported': { severity: 'warning', consequence: 'cannot-start' },
  'exit-code-lost': { severity: 'warning', consequence: 'degraded' },
  'resource-tier-unknown': { severity: 'warning', consequence: 'advice' },
  'handler-on-no-node': { severity: 'warning', consequence: 'may-not-start' },
  'handler-not-on-every-node': { severity: 'warning', consequence: 'may-not-start' },
  'node-taint-not-tolerated': { severity: 'warning', consequence: 'may-not-start' },
  'daemonset-ignores-class-scheduling': { severity: 'warning', consequence: 'may-not-start' },
  'image-not-for-node-architecture': { severity: 'warning', consequence: 'may-not-start' },
  'image-needs-unpack-setting': { severity: 'warning', consequence: 'may-not-start' },
  'packaging-advice': { severity: 'info', consequence: 'advice' },
  'image-changed-kind': { severity: 'error', consequence: 'cannot-start' },
  'ephemeral-container-cannot-run': { severity: 'error', consequence: 'cannot-start' },
  'memory-below-floor': { severity: 'warning', consequence: 'may-not-start' },
  'limits-conflict': { severity: 'warning', consequence: 'may-not-start' },
  'memory-limit-left-out': { severity: 'warning', consequence: 'advice' },
  'slow-start-under-cpu-limit': { severity: 'warning', consequence: 'degraded' },
} as const satisfies Readonly<Record<string, Row>>;

export type FindingId = keyof typeof FINDINGS;

export const FINDING_IDS: readonly FindingId[] = Object.keys(FINDINGS) as FindingId[];

export function severityOf(id: FindingId): Severity {
  return FINDINGS[id].severity;
}
