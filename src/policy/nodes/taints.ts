import type { ClusterNode, RuntimeClass, Taint } from '../../pod/cluster-objects.ts';
import type { Toleration } from '../../pod/pod.ts';
import { isWasmContainer, type PodFacts } from '../facts.ts';
import type { PolicySettings } from '../settings.ts';
import { toleratesTaint } from './tolerations.ts';

/** Kubernetes' own taints come and go with a node's state, and some controllers tolerate them by themselves. */
const PASSING = 'node.kubernetes.io/';

function isLasting({ effect, key }: Taint): boolean {
  return (effect === 'NoSchedule' || effect === 'NoExecute') && !key.startsWith(PASSING);
}

/** Returns the taints that keep Pods away for good. */
export function lastingTaints({ taints }: Pick<ClusterNode, 'taints'>): readonly Taint[] {
  return taints.filter(isLasting);
}

/** Those for good that keep a Pod with these tolerations from the node. */
export function blockingTaints(
  { taints }: Pick<ClusterNode, 'taints'>,
  tolerations: readonly Toleration[],
): readonly Taint[] {
  return taints.filter((taint) => isLasting(taint) && !toleratesTaint(tolerations, taint));
}

/**
 * What the Pod will have beside its own: those of its class, which the API server adds, and the operator's, which only Pods
 * with Wasm containers get.
 */
export function tolerationsAtAdmission(
  { tolerations }: Pick<RuntimeClass, 'tolerations'>,
  hasWasm: boolean,
  settings: PolicySettings,
): readonly Toleration[] {
  return [...(tolerations ?? []), ...(hasWasm ? settings.tolerations : [])];
}

/** With its own, which come last: those beyond many are not looked at, and nobody writes as many for a class. */
export function allTolerations(
  { pod, containers }: Pick<PodFacts, 'pod' | 'containers'>,
  runtimeClass: Pick<RuntimeClass, 'tolerations'>,
  settings: PolicySettings,
): readonly Toleration[] {
  const given = tolerationsAtAdmission(runtimeClass, containers.some(isWasmContainer), settings);
  return [...given, ...(pod.spec.tolerations ?? [])];
}

/** `workload=wasm:NoSchedule`, as kubectl writes it. */
export function describeTaint({ key, value, effect }: Taint): string {
  return `${key}${value === undefined || value === '' ? '' : `=${value}`}:${effect}`;
}
