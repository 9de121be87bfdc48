import type { Container, ObjectMeta, Pod, PodSpec } from './pod.ts';
import { isOfDaemonSet } from './workloads.ts';

type ContainerList = 'initContainers' | 'containers' | 'ephemeralContainers';

/** Every field, or the compiler complains: what is missing here would be taken for equal. */
const SPEC: Readonly<Record<Exclude<keyof PodSpec, ContainerList>, true>> = {
  runtimeClassName: true,
  nodeSelector: true,
  tolerations: true,
  overhead: true,
  imagePullSecrets: true,
  serviceAccountName: true,
  os: true,
  resources: true,
  hostUsers: true,
  restartPolicy: true,
  nodeName: true,
  affinity: true,
};

/**
 * Every field but `volumeMounts`, which name volumes that the API server made up for this one Pod, and `env`: what a decision
 * reads of it is in the container's verdict.
 */
const CONTAINER: Readonly<Record<Exclude<keyof Container, 'volumeMounts' | 'env'>, true>> = {
  name: true,
  image: true,
  command: true,
  args: true,
  workingDir: true,
  resources: true,
  imagePullPolicy: true,
  restartPolicy: true,
  tty: true,
  livenessProbe: true,
  readinessProbe: true,
  startupProbe: true,
  lifecycle: true,
  securityContext: true,
};

const SPEC_FIELDS = Object.keys(SPEC) as readonly (keyof typeof SPEC)[];
const CONTAINER_FIELDS = Object.keys(CONTAINER) as readonly (keyof typeof CONTAINER)[];

/** Different for every Pod that was applied by hand, long, and a copy of what is compared anyway. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Null is not the same as absent: a patch tells them apart. JSON has no word for the latter. */
function nothing(value: unknown): null | 0 {
  return value === null ? null : 0;
}

/** Values by the position of their names. */
function fieldsOf<Fields extends object>(object: Fields, names: readonly (keyof Fields)[]): unknown[] {
  const fields: unknown[] = [];
  for (let index = 0; index < names.length; index += 1) {
    const value = object[names[index] as keyof Fields];
    if (value !== undefined) fields.push(index, value);
  }
  return fields;
}

function containerOf(container: Container): unknown {
  const fields = fieldsOf(container, CONTAINER_FIELDS);
  const { volumeMounts } = container;
  fields.push(volumeMounts?.map(({ mountPath }) => mountPath) ?? nothing(volumeMounts));
  return fields;
}

function containersOf(containers: readonly Container[] | null | undefined): unknown {
  return containers?.map(containerOf) ?? nothing(containers);
}

function annotationsOf({ metadata }: ShapedPod): unknown {
  const annotations = metadata?.annotations;
  if (annotations === undefined || annotations === null) return metadata ? [nothing(annotations)] : 0;
  const shown: unknown[] = [];
  for (const key of Object.keys(annotations)) if (key !== LAST_APPLIED) shown.push(key, annotations[key]);
  return shown;
}

/**
 * What a decision and its patch may read of a Pod: neither names nor labels, which differ between Pods of one template; of
 * owners no more than whether one is a DaemonSet.
 */
export type ShapedPod = Pick<Pod, 'spec'> & {
  readonly metadata?: Pick<ObjectMeta, 'annotations' | 'ownerReferences'>;
};

/** Equal for Pods that are equal in all of that. */
export function shapeOf(pod: ShapedPod): string {
  const { initContainers, containers, ephemeralContainers } = pod.spec;
  return JSON.stringify([
    annotationsOf(pod),
    isOfDaemonSet(pod),
    fieldsOf(pod.spec, SPEC_FIELDS),
    containersOf(initContainers),
    containersOf(containers),
    containersOf(ephemeralContainers),
  ]);
}
