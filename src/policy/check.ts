import type { PolicyContext } from './context.ts';
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

/** What it finds wrong with a Pod, or nothing. A function of plain data. */
export type Check = (context: PolicyContext) => readonly Finding[];

/**
 * One rule: a finding with its explanation. A new one is a file in checks/, a line in checks/index.ts and an example
 * manifest. Findings that come from elsewhere (resources) have their explanation there and a line in explanations.ts.
 */
export interface Rule extends Explanation {
  readonly check: Check;
}

/** One mutation, field by field; nothing where the Pod already has it. */
export type Mutation = (context: PolicyContext) => readonly Change[];

export const NO_FINDINGS: readonly Finding[] = [];
export const NO_CHANGES: readonly Change[] = [];
