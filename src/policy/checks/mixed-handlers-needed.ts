import { NO_FINDINGS, type ChoiceRule } from '../check.ts';
import { classesForEach } from '../choose/candidates.ts';
import { listNames } from '../describe.ts';

export const mixedHandlersNeeded: ChoiceRule = {
  id: 'mixed-handlers-needed',
  why:
    'A Pod has one RuntimeClass for all its containers. Under a class that runs only some of them, the others fail, ' +
    "for example with `wasmtime executor can't handle spec`.",
  checks: 'Which classes run each container by itself.',
  exempts: 'Pods for which one class runs all containers, whether the Pod names it or wasmgate chooses it.',
  example: 'A Spin application and a Wasm module in one Pod.',
  fix: 'Put the containers into separate Pods, or build them for one runtime.',
  check: (context) => {
    if (context.isRunnable !== false) return NO_FINDINGS;
    const { wasmContainers } = context;
    const classes = classesForEach(context, wasmContainers);
    if (classes.some((names) => names.length === 0)) return NO_FINDINGS;
    const needs = wasmContainers.map(
      ({ container }, index) => `container "${container.name}" needs ${listNames(classes[index] ?? [])}`,
    );
    return [
      {
        id: 'mixed-handlers-needed',
        container: null,
        detail: `No RuntimeClass runs all containers of this Pod: ${needs.join('; ')}`,
        advice: 'Put them into separate Pods, or build them for one runtime.',
      },
    ];
  },
};
