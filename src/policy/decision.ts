import type { RuntimeClass } from '../pod/cluster-objects.ts';
import type { Consequence, FindingId, Severity } from './finding-catalog.ts';

/** What a finding does in mode enforce. */
export const ACTIONS = ['deny', 'warn', 'ignore'] as const;
export type Action = (typeof ACTIONS)[number];

/** What a finding does to a Pod; `excepted` stands for nothing, because of `policy.exceptions`. */
export const APPLIED_ACTIONS = [...ACTIONS, 'excepted'] as const;
export type AppliedAction = (typeof APPLIED_ACTIONS)[number];

/** Writes an advice that names other classes, best first; the list may be empty. */
export type AdviceOnClasses = (alternatives: readonly string[]) => string;

/** A problem or a hint: `detail` says what happens to what and why, `advice` what to do. A warning holds both in one line. */
export interface Finding {
  readonly id: FindingId;
  /** The name of the container; null for the Pod. */
  readonly container: string | null;
  readonly detail: string;
  readonly advice: string | AdviceOnClasses;
  /** If it differs from the catalog's. */
  readonly consequence?: Consequence;
}

export interface RatedFinding extends Finding {
  readonly advice: string;
  readonly severity: Severity;
  readonly consequence: Consequence;
  readonly action: AppliedAction;
}

/** One field-level mutation in terms of RFC 6902. `path` is a JSON pointer, `value` the new value, `reason` is for people. */
export interface Change {
  readonly op: 'add' | 'replace';
  readonly path: string;
  readonly value: unknown;
  readonly reason: string;
  /** True if the container does not run without it, so that a Pod that exists must be recreated; otherwise absent. */
  readonly isNeed?: true;
}

/** Where the Pod's class comes from: the Pod names it, wasmgate chose it, or there is none. */
export type ClassOrigin = 'pod' | 'chosen' | 'none';

export interface Decision {
  readonly findings: readonly RatedFinding[];
  readonly changes: readonly Change[];
  readonly runtimeClass: { readonly class: RuntimeClass | null; readonly origin: ClassOrigin };
}
