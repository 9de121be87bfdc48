import { CONTAINER_FIELDS, SPEC_FIELDS, type Container, type ObjectMeta, type Pod } from './pod.ts';
import { isOfDaemonSet } from './workloads.ts';

/**
 * The part of a Pod that a decision and its patch may read. It excludes names and labels, which differ between Pods of one
 * template; only whether an owner is a DaemonSet counts.
 */
export type ShapedPod = Pick<Pod, 'spec'> & {
  readonly metadata?: Pick<ObjectMeta, 'annotations' | 'ownerReferences'> | null;
};

const SPEC_NAMES = Object.keys(SPEC_FIELDS) as readonly (keyof typeof SPEC_FIELDS)[];

/**
 * Only the paths of mounts count, because they name volumes that the API server generated for this Pod. What a decision needs of
 * `env` is in the container's verdict.
 */
const { env: _env, volumeMounts: _volumeMounts, ...COMPARED_FIELDS } = CONTAINER_FIELDS;
const CONTAINER_NAMES = Object.keys(COMPARED_FIELDS) as readonly (keyof typeof COMPARED_FIELDS)[];

/** It differs between all Pods applied by hand, is long, and copies fields that are compared anyway. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Returns 0 for absent: a patch must distinguish it from null, and JSON cannot express it. */
function nothing(value: unknown): null | 0 {
  return value === null ? null : 0;
}

/** Returns the values, each after the position of its name. */
function fieldsOf<Fields extends object>(object: Fields, names: readonly (keyof Fields)[]): unknown[] {
  const fields: unknown[] = [];
  for (let index = 0; index < names.length; index += 1) {
    const value = object[names[index] as keyof Fields];
    if (value !== undefined) fields.push(index, value);
  }
  return fields;
}

const UNNAMED_NAMES = CONTAINER_NAMES.filter((field) => field !== 'name');

function containerOf(container: Container, names = CONTAINER_NAMES): unknown {
  const fields = fieldsOf(container, names);
  const { volumeMounts } = container;
  fields.push(volumeMounts?.map(({ mountPath }) => mountPath) ?? nothing(volumeMounts));
  return fields;
}

function containersOf(containers: readonly Container[] | null | undefined): unknown {
  return containers?.map((container) => containerOf(container)) ?? nothing(containers);
}

function annotationsOf({ metadata }: ShapedPod): unknown {
  const annotations = metadata?.annotations;
  if (annotations === undefined || annotations === null) return metadata ? [nothing(annotations)] : 0;
  const shown: unknown[] = [];
  for (const key of Object.keys(annotations)) if (key !== LAST_APPLIED) shown.push(key, annotations[key]);
  return shown;
}

/** Returns a text that is equal for containers that are equal in these fields, except for their names. */
export function textOfUnnamed(container: Container): string {
  return JSON.stringify(containerOf(container, UNNAMED_NAMES));
}

/** Returns a text that is equal for Pods that are equal in these fields. */
export function shapeOf(pod: ShapedPod): string {
  const { initContainers, containers, ephemeralContainers } = pod.spec;
  return JSON.stringify([
    annotationsOf(pod),
    isOfDaemonSet(pod),
    fieldsOf(pod.spec, SPEC_NAMES),
    containersOf(initContainers),
    containersOf(containers),
    containersOf(ephemeralContainers),
  ]);
}
