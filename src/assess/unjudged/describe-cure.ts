import type { UnjudgedOwner } from './unjudged-owner.ts';

/** Kinds whose Pods `kubectl rollout restart` replaces. */
const RESTARTABLE: ReadonlySet<string> = new Set(['apps/v1 StatefulSet', 'apps/v1 DaemonSet']);

type Cured = Pick<UnjudgedOwner, 'namespace' | 'reference' | 'deployment' | 'pod'>;

/** Returns the command that has the owner's Pods made anew. */
export function describeCure({ namespace, reference, deployment, pod }: Cured): string {
  const { apiVersion, kind, name } = reference;
  if (deployment !== null) return `Run: kubectl rollout restart deployment/${deployment} -n ${namespace}`;
  if (RESTARTABLE.has(`${apiVersion} ${kind}`))
    return `Run: kubectl rollout restart ${kind.toLowerCase()}/${name} -n ${namespace}`;
  if (kind === 'Pod' && apiVersion === 'v1')
    return `Delete the Pod and create it again. Run: kubectl delete pod ${name} -n ${namespace}`;
  if (kind === 'Job' && apiVersion === 'batch/v1')
    return `Delete the Job and create it again. Run: kubectl delete job ${name} -n ${namespace}`;
  return `Delete its Pods; the ${kind} makes new ones. Run: kubectl delete pod ${pod.name} -n ${namespace}`;
}
