import { MIRROR_ANNOTATION } from './names.ts';
import type { Pod } from './pod.ts';

export const DEFAULTS = {
  /**
   * Containers of one Pod. Kubernetes sets no limit of its own, so that 3 MiB of Pod hold 50,000 of them; judging these would
   * keep everybody else waiting for seconds, for a Pod that no kubelet could start.
   */
  maxContainers: 256,
} as const;

/** Kubernetes' own namespaces: a webhook that can hold up the cluster's repair is worse than none. */
const SYSTEM_NAMESPACES: ReadonlySet<string> = new Set(['kube-system', 'kube-public', 'kube-node-lease']);

export function isSystemNamespace(namespace: string, ownNamespace: string): boolean {
  return SYSTEM_NAMESPACES.has(namespace) || namespace === ownNamespace;
}

/** Why a Pod is never judged, whatever the configuration; null where it may be. */
export function reasonOutOfScope(pod: Pod): string | null {
  if (typeof pod.metadata?.deletionTimestamp === 'string') return 'it is being deleted';
  if (pod.metadata?.annotations?.[MIRROR_ANNOTATION] !== undefined) return 'it is a mirror of a static Pod';
  if (pod.spec.os?.name === 'windows') return 'it is a Windows Pod';
  if (countContainers(pod) > DEFAULTS.maxContainers)
    return `it has more than ${DEFAULTS.maxContainers} containers`;
  return null;
}

function countContainers({ spec }: Pod): number {
  const { containers, initContainers, ephemeralContainers } = spec;
  return containers.length + (initContainers?.length ?? 0) + (ephemeralContainers?.length ?? 0);
}
