import { NO_FINDINGS, type Rule } from '../check.ts';
import { selectorConflict } from '../class-conflicts.ts';
import { describeClass } from '../describe.ts';

export const nodeSelectorConflict: Rule = {
  id: 'node-selector-conflict',
  why:
    'If a Pod and its class select the same node label with different values, no node matches. The API server rejects ' +
    'the Pod: `conflict: runtimeClass.scheduling.nodeSelector[…] = …; pod.spec.nodeSelector[…] = …`.',
  checks: 'spec.nodeSelector, and the nodeSelector of the class that the Pod names or would get.',
  exempts: 'Selectors that agree, or that use different labels.',
  example: 'nodeSelector wasm-runtime: disabled in a Pod whose class selects wasm-runtime: enabled.',
  fix: 'Remove the label from spec.nodeSelector, or use a class for such nodes.',
  check: ({ pod, resolved }) => {
    const conflict = resolved.class === null ? null : selectorConflict(pod, resolved.class);
    if (conflict === null) return NO_FINDINGS;
    const { key } = conflict;
    return [
      {
        id: 'node-selector-conflict',
        container: null,
        detail: `${describeClass(resolved.class)} selects nodes with ${key}=${conflict.class}, but the Pod selects ${key}=${conflict.pod}`,
        advice: `Remove ${key} from spec.nodeSelector, or use a RuntimeClass for ${key}=${conflict.pod}.`,
      },
    ];
  },
};
