import { NO_FINDINGS, type Rule } from '../check.ts';
import { selectorConflict } from '../class-conflicts.ts';
import { describeClass } from '../describe.ts';

export const nodeSelectorConflict: Rule = {
  id: 'node-selector-conflict',
  why:
    'A Pod and its class that select the same node label with different values fit no node; the API server ' +
    'refuses it.',
  checks: 'spec.nodeSelector, and the nodeSelector of the class that the Pod names or would get.',
  exempts: 'Selectors that agree or speak of different labels.',
  example: 'nodeSelector wasm-runtime: disabled in a Pod whose class selects wasm-runtime: enabled.',
  fix: 'Take the label out of spec.nodeSelector, or name a class for such nodes.',
  check: ({ pod, resolved }) => {
    const conflict = resolved.class === null ? null : selectorConflict(pod, resolved.class);
    if (conflict === null) return NO_FINDINGS;
    const { key } = conflict;
    return [
      {
        id: 'node-selector-conflict',
        container: null,
        detail: `${describeClass(resolved.class)} selects nodes with ${key}=${conflict.class}, but the Pod's nodeSelector says ${key}=${conflict.pod}`,
        advice: `Take ${key} out of spec.nodeSelector, or name a RuntimeClass for nodes with ${key}=${conflict.pod}.`,
      },
    ];
  },
};
