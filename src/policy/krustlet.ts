import type { Verdict } from '../detect/verdict.ts';
import type { ClusterNode } from '../pod/cluster-objects.ts';
import type { Toleration } from '../pod/pod.ts';
import type { AssessedContainer, PodFacts } from './facts.ts';
import type { PolicySettings } from './settings.ts';

/** What a krustlet labels and taints its node with (krustlet crates/wasi-provider/src/lib.rs). */
export const ARCHITECTURE_LABEL = 'kubernetes.io/arch';
export const KRUSTLET_ARCHITECTURE = 'wasm32-wasi';

export const KRUSTLET_TOLERATIONS: readonly Toleration[] = ['NoExecute', 'NoSchedule'].map((effect) => ({
  key: ARCHITECTURE_LABEL,
  operator: 'Equal',
  value: KRUSTLET_ARCHITECTURE,
  effect,
}));

export function isKrustlet({ labels }: ClusterNode): boolean {
  return labels[ARCHITECTURE_LABEL] === KRUSTLET_ARCHITECTURE;
}

function isKrustletModule({ verdict }: AssessedContainer): boolean {
  return verdict.kind === 'not-a-workload' && verdict.flavour === 'wasm-to-oci';
}

/**
 * Whether the Pod is one for a krustlet: it says so itself, or the operator has such nodes and all that it holds are modules
 * that run nowhere else. Policies look the same to the byte, so that without such a sign they are taken for no workload.
 */
export function isForKrustlet({ pod, containers }: PodFacts, settings: PolicySettings): boolean {
  const architecture = pod.spec.nodeSelector?.[ARCHITECTURE_LABEL];
  if (architecture !== undefined) return architecture === KRUSTLET_ARCHITECTURE;
  return settings.krustlet && !pod.spec.runtimeClassName && containers.every(isKrustletModule);
}

function asWorkload(verdict: Verdict): Verdict {
  if (verdict.kind !== 'not-a-workload' || verdict.flavour !== 'wasm-to-oci') return verdict;
  const { evidence } = verdict;
  return {
    kind: 'wasm',
    flavour: 'wasm-to-oci',
    shape: 'module',
    packaging: 'oci-layer',
    firstArgument: null,
    evidence,
  };
}

/** The same facts, as they are for a krustlet. */
export function asKrustletFacts(facts: PodFacts): PodFacts {
  const containers = facts.containers.map((assessed) => ({
    ...assessed,
    verdict: asWorkload(assessed.verdict),
  }));
  return { ...facts, containers };
}
