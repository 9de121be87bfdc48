import { MIRROR_ANNOTATION } from './names.ts';
import type { Pod } from './pod.ts';

/** Kubernetes' own namespaces: a webhook must not be able to block the cluster's repair. */
export const SYSTEM_NAMESPACES: ReadonlySet<string> = new Set([
  'kube-system',
  'kube-public',
  'kube-node-lease',
]);

export function isSystemNamespace(namespace: string, ownNamespace: string): boolean {
  return SYSTEM_NAMESPACES.has(namespace) || namespace === ownNamespace;
}

/** Returns why a Pod is never checked, whatever the configuration; null if it may be. */
export function reasonOutOfScope(pod: Pod): string | null {
  if (typeof pod.metadata?.deletionTimestamp === 'string') return 'it is being deleted';
  if (pod.metadata?.annotations?.[MIRROR_ANNOTATION] !== undefined) return 'it is a mirror of a static Pod';
  if (pod.spec.os?.name === 'windows') return 'it is a Windows Pod';
  return null;
}
