// why    Wasm nodes are often tainted, and a RuntimeClass need not carry the toleration.
// writes spec.tolerations, appended: the operator's list for Wasm Pods.
import type { Mutation } from '../check.ts';
import { configuredTolerations, missingTolerations } from '../tolerations.ts';

export const addTolerations: Mutation = (context) => {
  const { pod, resolved } = context;
  const fromClass = resolved.origin === 'chosen' ? (resolved.class?.tolerations ?? []) : [];
  return missingTolerations(pod, [...fromClass, ...configuredTolerations(context)])
    .slice(missingTolerations(pod, fromClass).length)
    .map((value) => ({
      op: 'add',
      path: '/spec/tolerations/-',
      value,
      reason: 'configured for Wasm Pods (policy.tolerations)',
    }));
};
