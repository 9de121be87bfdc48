import { NO_FINDINGS, type Rule } from '../check.ts';
import { selectorConflict } from '../class-conflicts.ts';
import { describeClass } from '../describe.ts';
import { classesInTheWay } from '../select-runtime-class.ts';

export const nodeSelectorConflict: Rule = {
  id: 'node-selector-conflict',
  why:
    'A Pod and its class that select the same node label with different values fit no node; the API server ' +
    'refuses it.',
  reads: 'spec.nodeSelector, and the nodeSelector of the named class or of those that would be chosen.',
  allows: 'Selectors that agree or speak of different labels.',
  example: 'nodeSelector wasm-runtime: disabled in a Pod whose class selects wasm-runtime: enabled.',
  cure: 'Take the label out of spec.nodeSelector, or name a class for such nodes.',
  check: (context) => {
    const { pod } = context;
    for (const runtimeClass of classesInTheWay(context)) {
      const conflict = selectorConflict(pod, runtimeClass);
      if (conflict === null) continue;
      const { key } = conflict;
      return [
        {
          id: 'node-selector-conflict',
          container: null,
          detail: `${describeClass(runtimeClass)} selects nodes with ${key}=${conflict.class}, but the Pod's nodeSelector says ${key}=${conflict.pod}`,
          advice: `Take ${key} out of spec.nodeSelector, or name a RuntimeClass for nodes with ${key}=${conflict.pod}.`,
        },
      ];
    }
    return NO_FINDINGS;
  },
};
