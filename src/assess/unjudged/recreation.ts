import type { ObjectReference } from '../../pod/object-metadata.ts';
import type { UnjudgedOwner } from './unjudged-owner.ts';

/** A Pod's controller, or the Pod itself, and what owns that in turn. */
export type Owners = readonly [ObjectReference, ...ObjectReference[]];

/** How to replace the Pods of an owner. */
export interface Recreation {
  /** What to know about the command, as a sentence; '' if it replaces all Pods by itself. */
  readonly how: string;
  readonly command: string;
}

/** Kinds whose Pods a rollout replaces, with the command that starts one. */
const RESTARTS: Readonly<Record<string, string>> = {
  'apps/v1 Deployment': 'kubectl rollout restart deployment/',
  'apps/v1 StatefulSet': 'kubectl rollout restart statefulset/',
  'apps/v1 DaemonSet': 'kubectl rollout restart daemonset/',
  // The plugin of Argo Rollouts.
  'argoproj.io/v1alpha1 Rollout': 'kubectl argo rollouts restart ',
};

function restartOf({ apiVersion, kind, name }: ObjectReference): string | null {
  const key = `${apiVersion} ${kind}`;
  return Object.hasOwn(RESTARTS, key) ? `${RESTARTS[key]}${name}` : null;
}

/** Returns how to replace the Pods of the first owner without a rollout. */
function deletionOf([{ apiVersion, kind, name }, next]: Owners, pod: string): Recreation {
  if (kind === 'Pod' && apiVersion === 'v1')
    return { how: 'Delete the Pod and create it again.', command: `kubectl delete pod ${name}` };
  if (kind === 'Job' && apiVersion === 'batch/v1') {
    const how =
      next === undefined
        ? 'Delete the Job and create it again.'
        : `Delete the Job; the ${next.kind} creates the next one.`;
    return { how, command: `kubectl delete job ${name}` };
  }
  return { how: `Delete its Pods; the ${kind} creates new ones.`, command: `kubectl delete pod ${pod}` };
}

/**
 * Returns how to recreate Pods.
 * @param pod the name of one of them
 */
export function recreationOf(namespace: string, owners: Owners, pod: string): Recreation {
  for (const owner of owners) {
    const restart = restartOf(owner);
    if (restart !== null) return { how: '', command: `${restart} -n ${namespace}` };
  }
  const { how, command } = deletionOf(owners, pod);
  return { how, command: `${command} -n ${namespace}` };
}

type Recreated = Pick<UnjudgedOwner, 'namespace' | 'reference' | 'deployment'> & {
  readonly pod: Pick<UnjudgedOwner['pod'], 'name'>;
};

/** Returns the sentences that say how to recreate the owner's Pods. */
export function describeRecreation({ namespace, reference, deployment, pod }: Recreated): string {
  const behind =
    deployment === null ? [] : [{ apiVersion: 'apps/v1', kind: 'Deployment', name: deployment, uid: '' }];
  const { how, command } = recreationOf(namespace, [reference, ...behind], pod.name);
  return `${how === '' ? '' : `${how} `}Run: ${command}`;
}
