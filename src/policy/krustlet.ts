import type { Verdict } from '../detect/verdict.ts';
import type { ClusterNode } from '../pod/cluster-objects.ts';
import type { Pod, Toleration } from '../pod/pod.ts';
import type { AssessedContainer, PodFacts } from './facts.ts';
import type { PolicySettings } from './settings.ts';

/** The label and the taint of a krustlet's node (krustlet crates/wasi-provider/src/lib.rs). */
export const ARCHITECTURE_LABEL = 'kubernetes.io/arch';
export const KRUSTLET_ARCHITECTURE = 'wasm32-wasi';

export const KRUSTLET_TOLERATIONS: readonly Toleration[] = ['NoExecute', 'NoSchedule'].map((effect) => ({
  key: ARCHITECTURE_LABEL,
  operator: 'Equal',
  value: KRUSTLET_ARCHITECTURE,
  effect,
}));

/** The taint's key in earlier releases, such as 0.3 (krustlet tests/integration_tests.rs). */
const OLD_ARCHITECTURE_KEY = 'krustlet/arch';

function isOfKrustlet({ key, operator, value }: Toleration): boolean {
  if (key === OLD_ARCHITECTURE_KEY) return operator === 'Exists' || value === KRUSTLET_ARCHITECTURE;
  // With Exists, a Pod also tolerates the taints of arm64 node pools.
  return key === ARCHITECTURE_LABEL && value === KRUSTLET_ARCHITECTURE;
}

/** Reports whether the Pod explicitly tolerates a krustlet's taint, but selects no architecture. */
export function lacksKrustletSelector({ spec }: Pod): boolean {
  const isSelecting = spec.nodeSelector?.[ARCHITECTURE_LABEL] !== undefined;
  return !isSelecting && (spec.tolerations ?? []).some(isOfKrustlet);
}

export function isKrustlet({ labels }: ClusterNode): boolean {
  return labels[ARCHITECTURE_LABEL] === KRUSTLET_ARCHITECTURE;
}

export function isKrustletModule({ verdict }: AssessedContainer): boolean {
  return verdict.kind === 'not-a-workload' && verdict.flavour === 'wasm-to-oci';
}

/**
 * Reports whether the Pod is for a krustlet: it selects one, or the operator has such nodes and all its images are modules that
 * run nowhere else. Otherwise such an image counts as no workload, because policy modules have the same bytes.
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

/** Returns the facts with the verdicts that hold on a krustlet. */
export function asKrustletFacts(facts: PodFacts): PodFacts {
  const containers = facts.containers.map((assessed) => ({
    ...assessed,
    verdict: asWorkload(assessed.verdict),
  }));
  return { ...facts, containers };
}
