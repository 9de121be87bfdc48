// why    A krustlet acts as a node, and only krustlets run modules that wasm-to-oci pushed. Two taints keep other Pods away.
// writes spec.nodeSelector and spec.tolerations. No class: a krustlet has none.
import { escapeSegment } from '../../pod/json-pointer.ts';
import { NO_CHANGES, type Mutation } from '../check.ts';
import type { Change } from '../decision.ts';
import { ARCHITECTURE_LABEL, KRUSTLET_ARCHITECTURE, KRUSTLET_TOLERATIONS } from '../krustlet.ts';
import { missingTolerations } from '../nodes/taints.ts';

export const selectKrustletNode: Mutation = ({ pod, wasmContainers, settings }) => {
  if (wasmContainers.length === 0) return NO_CHANGES;
  const isSelected = pod.spec.nodeSelector?.[ARCHITECTURE_LABEL] === KRUSTLET_ARCHITECTURE;
  const selector: Change = {
    op: 'add',
    path: `/spec/nodeSelector/${escapeSegment(ARCHITECTURE_LABEL)}`,
    value: KRUSTLET_ARCHITECTURE,
    reason: 'only a krustlet runs this kind of module (policy.krustlet)',
  };
  const tolerations = missingTolerations(pod, [...KRUSTLET_TOLERATIONS, ...settings.tolerations]);
  return [
    ...(isSelected ? [] : [selector]),
    ...tolerations.map((value): Change => ({
      op: 'add',
      path: '/spec/tolerations/-',
      value,
      reason: 'krustlet nodes are tainted with their architecture',
    })),
  ];
};
