import type { Explanation } from './check.ts';
import { rules } from './checks/index.ts';
import { cpuExplanations } from './resources/cpu-findings.ts';
import { limitsConflictExplanation } from './resources/limits-conflict.ts';
import { memoryExplanations } from './resources/memory-findings.ts';

/** Every finding, each once, in the order in which it would be told. */
export const explanations: readonly Explanation[] = [
  ...rules,
  ...cpuExplanations,
  ...memoryExplanations,
  limitsConflictExplanation,
];
