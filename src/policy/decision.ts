import type { RuntimeClass } from '../pod/cluster-objects.ts';
import type { Consequence, FindingId, Severity } from './finding-catalog.ts';

/** What follows from a finding in mode enforce. */
export const ACTIONS = ['deny', 'warn', 'ignore'] as const;
export type Action = (typeof ACTIONS)[number];

/** Words an advice that names other classes, best first; the list may be empty. */
export type AdviceOnClasses = (alternatives: readonly string[]) => string;

/** What is wrong, or worth saying. `detail` names the subject and its state, `advice` what to do. */
export interface Finding {
  readonly id: FindingId;
  /** The container it speaks of; null for the Pod. */
  readonly container: string | null;
  readonly detail: string;
  readonly advice: string | AdviceOnClasses;
  /** Where it differs from the catalog's. */
  readonly consequence?: Consequence;
}

export interface RatedFinding extends Finding {
  readonly advice: string;
  readonly severity: Severity;
  readonly consequence: Consequence;
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
