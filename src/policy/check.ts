import type { PolicyContext } from './context.ts';
import type { Change, Finding } from './decision.ts';

/** One rule: what it finds wrong with a Pod, or nothing. A function of plain data. */
export type Check = (context: PolicyContext) => readonly Finding[];

/** One mutation, field by field; nothing where the Pod already has it. */
export type Mutation = (context: PolicyContext) => readonly Change[];

export const NO_FINDINGS: readonly Finding[] = [];
export const NO_CHANGES: readonly Change[] = [];
