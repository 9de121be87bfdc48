import type { ObjectReference } from '../../pod/object-metadata.ts';
import type { UnjudgedOwner } from './unjudged-owner.ts';

/** A Pod's controller, or the Pod itself, and what owns that in turn. */
export type Owners = readonly [ObjectReference, ...ObjectReference[]];

/** How to replace the Pods of an owner. */
export interface Recreation {
  /** Sentences that end before the command; '' if it replaces all Pods by itself. */
  readonly how: string;
  readonly command: string;
}

/** The Pods to replace, with the names of some or all of them. */
interface RecreatedPods {
  readonly count: number;
  readonly names: readonly string[];
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
function deletionOf([{ apiVersion, kind, name }, next]: Owners, { count, names }: RecreatedPods): Recreation {
  if (kind === 'Pod' && apiVersion === 'v1')
    return { how: 'Delete the Pod and create it again. Run:', command: `kubectl delete pod ${name}` };
  if (kind === 'Job' && apiVersion === 'batch/v1') {
    const how =
      next === undefined
        ? 'Delete the Job and create it again. Run:'
        : `Delete the Job; the ${next.kind} creates the next one. Run:`;
    return { how, command: `kubectl delete job ${name}` };
  }
  if (count <= names.length) {
    const how = `Delete its Pods; the ${kind} creates new ones. Run:`;
    return { how, command: `kubectl delete pod ${names.join(' ')}` };
  }
  return {
    how: `Delete the ${count} Pods one after the other; the ${kind} creates new ones. Begin with:`,
    command: `kubectl delete pod ${names[0] ?? ''}`,
  };
}

/** Returns how to recreate Pods. */
export function recreationOf(namespace: string, owners: Owners, pods: RecreatedPods): Recreation {
  for (const owner of owners) {
    const restart = restartOf(owner);
    if (restart !== null) return { how: '', command: `${restart} -n ${namespace}` };
  }
  const { how, command } = deletionOf(owners, pods);
  return { how, command: `${command} -n ${namespace}` };
}

type Recreated = Pick<UnjudgedOwner, 'namespace' | 'reference' | 'deployment'> & {
  readonly pod: Pick<UnjudgedOwner['pod'], 'name'>;
};

/** Returns the sentences that say how to recreate the owner's Pods. */
export function describeRecreation({ namespace, reference, deployment, pod }: Recreated): string {
  const behind =
    deployment === null ? [] : [{ apiVersion: 'apps/v1', kind: 'Deployment', name: deployment, uid: '' }];
  const { how, command } = recreationOf(namespace, [reference, ...behind], { count: 1, names: [pod.name] });
  return `${how === '' ? 'Run:' : how} ${command}`;
}
