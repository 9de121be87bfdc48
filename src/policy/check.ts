import type { RuntimeClass } from '../pod/cluster-objects.ts';
import type { Change, ClassOrigin, Finding } from './decision.ts';
import type { PodFacts, WasmContainer } from './facts.ts';
import type { FindingId } from './finding-catalog.ts';
import type { HandlerProfile } from './handlers/handler-profiles.ts';
import type { PolicySettings } from './settings.ts';

/** The documentation of a finding, for `wasmgate explain` and FINDINGS.md. It quotes the node's messages for searches. */
export interface Explanation {
  readonly id: FindingId;
  /** What goes wrong in a cluster without this rule. */
  readonly why: string;
  /** The fields and facts that the rule reads. */
  readonly checks: string;
  /** Similar cases that are fine. */
  readonly exempts: string;
  /** The smallest case, in words; its manifest is manifests/examples/findings/<id>.yaml. */
  readonly example: string;
  readonly fix: string;
}

/** A RuntimeClass to judge a Pod with: its own, or a candidate. */
export interface ResolvedClass {
  readonly origin: ClassOrigin;
  /** Null if the Pod has none and runs on the node's default runtime, or if the class that it names does not exist. */
  readonly class: RuntimeClass | null;
  /** Null if wasmgate does not know the handler, or if no runtime would run the Pod. */
  readonly profile: HandlerProfile | null;
}

/** No class, and no runtime that is known to run the Pod. */
export const NO_CLASS: ResolvedClass = { origin: 'none', class: null, profile: null };

export interface PodContext extends PodFacts {
  readonly settings: PolicySettings;
  readonly wasmContainers: readonly WasmContainer[];
}

/** The Pod with one class. */
export interface PolicyContext extends PodContext {
  readonly resolved: ResolvedClass;
}

/** The Pod with the class that was chosen. */
export interface ChoiceContext extends PolicyContext {
  /** True if any class, or no class, may run all containers. Absent if the choice did not try any. */
  readonly isRunnable?: boolean;
}

/** A pure function that returns the problems of a Pod. */
export type Check<Context> = (context: Context) => readonly Finding[];

/**
 * A rule that judges the Pod with one class, regardless of others. Advice that names other classes is a function, which runs
 * after the choice.
 *
 * src/README.md has the recipe for a new rule.
 */
export interface Rule extends Explanation {
  readonly check: Check<PolicyContext>;
}

/** A rule that does not depend on the class. It runs once per Pod and has no influence on the choice. */
export interface PodRule extends Explanation {
  readonly check: Check<PodContext>;
}

/** A rule that judges the choice. */
export interface ChoiceRule extends Explanation {
  readonly check: Check<ChoiceContext>;
}

/** A function that returns one mutation, field by field; empty if the Pod already has it. */
export type Mutation = (context: PolicyContext) => readonly Change[];

export const NO_FINDINGS: readonly Finding[] = [];
export const NO_CHANGES: readonly Change[] = [];
