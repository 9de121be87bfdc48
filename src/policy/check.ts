import type { ChoiceContext, PodContext, PolicyContext } from './context.ts';
import type { Change, Finding } from './decision.ts';
import type { FindingId } from './finding-catalog.ts';

/** What a finding's own file says of it, for people: shown by `wasmgate explain`, and written into FINDINGS.md. */
export interface Explanation {
  readonly id: FindingId;
  /** What goes wrong on a cluster without it. */
  readonly why: string;
  readonly reads: string;
  /** What it leaves in peace although it may look alike. */
  readonly allows: string;
  /** The smallest case, in words; the manifest is manifests/examples/findings/<id>.yaml. */
  readonly example: string;
  readonly cure: string;
}

/** Returns what is wrong with a Pod, or nothing. A function of plain data. */
export type Check<Context> = (context: Context) => readonly Finding[];

/**
 * A rule that judges the Pod with one class: its own, or one that is tried on. It never asks which other class would do: an
 * advice that names others is a function of them, called once the choice is made.
 *
 * A new rule is a file in checks/, a line in checks/index.ts, a row in finding-catalog.ts and an example manifest. Findings
 * that come from elsewhere (resources) have their explanation there and a line in explanations.ts.
 */
export interface Rule extends Explanation {
  readonly check: Check<PolicyContext>;
}

/** A rule that does not look at the class: it runs once for a Pod, and no class is chosen for its sake. */
export interface PodRule extends Explanation {
  readonly check: Check<PodContext>;
}

/** A rule that speaks of the choice, after it is made. */
export interface ChoiceRule extends Explanation {
  readonly check: Check<ChoiceContext>;
}

/** One mutation, field by field; nothing where the Pod already has it. */
export type Mutation = (context: PolicyContext) => readonly Change[];

export const NO_FINDINGS: readonly Finding[] = [];
export const NO_CHANGES: readonly Change[] = [];
