// why    Wasm nodes are often tainted, and not every RuntimeClass has the toleration.
// writes spec.tolerations: appends the operator's list for Wasm Pods.
import type { Mutation } from '../check.ts';
import { missingTolerations } from '../nodes/taints.ts';

export const addTolerations: Mutation = ({ pod, resolved, settings }) => {
  const fromClass = resolved.origin === 'chosen' ? (resolved.class?.tolerations ?? []) : [];
  return missingTolerations(pod, [...fromClass, ...settings.tolerations])
    .slice(missingTolerations(pod, fromClass).length)
    .map((value) => ({
      op: 'add',
      path: '/spec/tolerations/-',
      value,
      reason: 'configured for Wasm Pods (policy.tolerations)',
    }));
};
