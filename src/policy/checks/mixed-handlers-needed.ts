import { NO_FINDINGS, type ChoiceRule } from '../check.ts';
import { classesFor } from '../choose/candidates.ts';
import { describeContainer } from '../describe.ts';

export const mixedHandlersNeeded: ChoiceRule = {
  id: 'mixed-handlers-needed',
  why: 'A Pod has one RuntimeClass for all its containers.',
  checks: 'Which classes run each container by itself.',
  exempts: 'Pods for which one class runs all containers, whether named or chosen.',
  example: 'A Spin application and a Wasm module in one Pod.',
  fix: 'Put the containers into Pods of their own, or build them for one runtime.',
  check: (context) => {
    if (context.isRunnable !== false) return NO_FINDINGS;
    const each = context.wasmContainers.map(
      (container) => [container, classesFor(context, container)] as const,
    );
    if (each.some(([, classes]) => classes.length === 0)) return NO_FINDINGS;
    const needs = each.map(([container, classes]) => {
      return `${describeContainer(container)} runs on ${classes.join(', ')}`;
    });
    return [
      {
        id: 'mixed-handlers-needed',
        container: null,
        detail: `No single RuntimeClass runs all containers of this Pod: ${needs.join('; ')}`,
        advice: 'Put the containers into Pods of their own, or build them for one runtime.',
      },
    ];
  },
};
