import type { RuntimeClass } from '../pod/cluster-objects.ts';

/** What follows from a finding in mode enforce. */
export const ACTIONS = ['deny', 'warn', 'ignore'] as const;
export type Action = (typeof ACTIONS)[number];

/** What a finding is, whatever follows: certain to fail · likely to fail or to surprise · worth knowing. */
export type Severity = 'error' | 'warning' | 'info';

/** What is wrong, or worth saying. `detail` names the subject and its state, `advice` what to do. */
export interface Finding {
  readonly id: FindingId;
  /** The container it speaks of; null for the Pod. */
  readonly container: string | null;
  readonly detail: string;
  readonly advice: string;
}

export type FindingId =
  | 'runtime-class-missing'
  | 'runtime-class-required'
  | 'no-runtime-class-for-image'
  | 'handler-cannot-run-image'
  | 'wasm-image-without-runtime-class'
  | 'mixed-handlers-needed'
  | 'linux-container-under-compat'
  | 'annotation-conflict'
  | 'node-selector-conflict'
  | 'overhead-conflict'
  | 'command-required'
  | 'image-will-not-pull'
  | 'image-may-not-pull'
  | 'image-not-a-workload'
  | 'image-unknown'
  | 'handler-on-no-node'
  | 'handler-may-not-run-image'
  | 'handler-not-on-every-node'
  | 'image-needs-unpack-setting'
  | 'memory-below-floor'
  | 'limits-conflict'
  | 'memory-limit-left-out'
  | 'resource-tier-unknown'
  | 'annotation-delivery-unknown'
  | 'component-on-module-runtime'
  | 'daemonset-ignores-class-scheduling'
  | 'ephemeral-container-cannot-run'
  | 'exec-probe-unsupported'
  | 'exit-code-lost'
  | 'image-changed-kind'
  | 'image-identity-shared'
  | 'node-taint-not-tolerated'
  | 'packaging-advice'
  | 'read-only-root-unsupported'
  | 'slow-start-under-cpu-limit'
  | 'tty-unsupported'
  | 'user-namespace-unsupported'
  | 'wasm-entry-not-taken'
  | 'wat-not-runnable';

export interface RatedFinding extends Finding {
  readonly severity: Severity;
  readonly action: Action;
}

/**
 * One field-level mutation, as RFC 6902 would say it: `add` and `replace` with the new value. `path` is a JSON pointer;
 * `reason` is for people.
 */
export interface Change {
  readonly op: 'add' | 'replace';
  readonly path: string;
  readonly value: unknown;
  readonly reason: string;
}

/** Where the Pod's class comes from: named by the Pod, chosen by us, or there is none. */
export type ClassOrigin = 'pod' | 'chosen' | 'none';

export interface Decision {
  readonly findings: readonly RatedFinding[];
  readonly changes: readonly Change[];
  readonly runtimeClass: { readonly class: RuntimeClass | null; readonly origin: ClassOrigin };
}
