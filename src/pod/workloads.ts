import { isObject, property, stringOr } from '../lib/json.ts';
import type { Pod, ObjectMeta, PodSpec } from './pod.ts';
import { readPod } from './pod.ts';

const TEMPLATE = ['spec', 'template'];
const TEMPLATE_OF_JOBS = ['spec', 'jobTemplate', 'spec', 'template'];

/** The keys that lead to the Pod template, by `group/kind`. The first path that an object has counts. */
const TEMPLATE_PATHS: Readonly<Record<string, readonly [readonly string[], ...(readonly string[])[]]>> = {
  'apps/Deployment': [TEMPLATE],
  'apps/ReplicaSet': [TEMPLATE],
  'apps/StatefulSet': [TEMPLATE],
  'apps/DaemonSet': [TEMPLATE],
  'batch/Job': [TEMPLATE],
  'batch/CronJob': [TEMPLATE_OF_JOBS],
  '/ReplicationController': [TEMPLATE],
  '/PodTemplate': [['template']],
  'serving.knative.dev/Service': [TEMPLATE],
  'argoproj.io/Rollout': [TEMPLATE],
  'keda.sh/ScaledJob': [['spec', 'jobTargetRef', 'template']],
  'apps.kruise.io/CloneSet': [TEMPLATE],
  'apps.kruise.io/StatefulSet': [TEMPLATE],
  'apps.kruise.io/DaemonSet': [TEMPLATE],
  'apps.kruise.io/AdvancedCronJob': [
    ['spec', 'template', 'jobTemplate', 'spec', 'template'],
    ['spec', 'template', 'broadcastJobTemplate', 'spec', 'template'],
  ],
  'apps.kruise.io/BroadcastJob': [TEMPLATE],
};

/** Knative's name for a single container without one (serving, pkg/apis/config/defaults.go). */
const KNATIVE_CONTAINER = 'user-container';

export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

/** Every kind that has a Pod template. */
export const WORKLOAD_KINDS: readonly GroupKind[] = Object.keys(TEMPLATE_PATHS).map((name) => {
  const [group = '', kind = ''] = name.split('/');
  return { group, kind };
});

function step(value: unknown, key: string): unknown {
  return isObject(value) ? property(value, key) : undefined;
}

/** Returns the keys that lead to the object's Pod template; null for a kind without one. */
export function templatePath({ group, kind }: GroupKind, object: unknown): readonly string[] | null {
  const name = `${group}/${kind}`;
  const paths = Object.hasOwn(TEMPLATE_PATHS, name) ? TEMPLATE_PATHS[name] : undefined;
  if (paths === undefined) return null;
  return paths.find((path) => path.reduce(step, object) !== undefined) ?? paths[0];
}

/** An object of the same namespace whose template another one uses. */
export interface TemplateReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** Returns the workload whose template an Argo Rollout uses instead of its own (`spec.workloadRef`); null if it has its own. */
export function templateReference(object: unknown, { group, kind }: GroupKind): TemplateReference | null {
  if (group !== 'argoproj.io' || kind !== 'Rollout') return null;
  const spec = step(object, 'spec');
  const reference = step(spec, 'workloadRef');
  // A template that Argo's own client wrote is present, but empty: its type does not omit it.
  const containers = step(step(step(spec, 'template'), 'spec'), 'containers');
  if (!isObject(reference) || (Array.isArray(containers) && containers.length > 0)) return null;
  const text = (key: string): string => stringOr(property(reference, key), '');
  return { apiVersion: text('apiVersion'), kind: text('kind'), name: text('name') };
}

/** Completes a Knative template as Knative does. `readPod` rejects anything but a list of objects. */
function withContainerNames(template: unknown): unknown {
  const spec = step(template, 'spec');
  const containers = step(spec, 'containers');
  if (!Array.isArray(containers)) return template;
  const named = containers.map((container: unknown) =>
    isObject(container) && property(container, 'name') === undefined
      ? { ...container, name: KNATIVE_CONTAINER }
      : container,
  );
  return { ...(template as object), spec: { ...(spec as object), containers: named } };
}

/** Adds the owner, by which checks recognize Pods that the DaemonSet controller assigns to nodes. */
function ownedByDaemonSet({ metadata, spec }: Pod): Pod {
  return { metadata: { ...metadata, ownerReferences: [{ kind: 'DaemonSet' }] }, spec };
}

/**
 * Returns the Pod that a workload would create, as far as its template says; null for a kind without a template.
 * @throws AppError `invalid-pod` if the template is broken
 */
export function podOfTemplate(object: unknown, kind: GroupKind): Pod | null {
  const path = templatePath(kind, object);
  if (path === null) return null;
  const template = path.reduce(step, object);
  if (kind.group === 'serving.knative.dev') return readPod(withContainerNames(template));
  const pod = readPod(template);
  return kind.kind === 'DaemonSet' ? ownedByDaemonSet(pod) : pod;
}

/**
 * Reports whether an update leaves the Pod template as it was, as scaling, pausing and labeling do. The API server writes the
 * keys of both objects in the same order; a template in another order is checked again.
 */
export function hasSameTemplate(before: unknown, after: unknown, kind: GroupKind): boolean {
  const path = templatePath(kind, after);
  if (path === null) return false;
  const [old, template] = [before, after].map((object) => path.reduce(step, object));
  return template !== undefined && JSON.stringify(template) === JSON.stringify(old);
}

interface Owned {
  readonly metadata?: Pick<ObjectMeta, 'ownerReferences'> | null;
}

/** Reports whether a DaemonSet created the Pod, or would create it. */
export function isOfDaemonSet({ metadata }: Owned): boolean {
  return metadata?.ownerReferences?.some(({ kind }) => kind === 'DaemonSet') === true;
}

/**
 * Returns the node that a DaemonSet created the Pod for; null in a template. The controller replaces the template's required
 * node affinity by this name alone (pkg/controller/daemon/util, `ReplaceDaemonSetPodNodeNameNodeAffinity`).
 */
export function nodeOfDaemonPod({ affinity }: PodSpec): string | null {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const fields = required?.nodeSelectorTerms?.flatMap(({ matchFields }) => matchFields ?? []) ?? [];
  const [name, ...others] = fields.flatMap(({ key, operator, values }) =>
    key === 'metadata.name' && operator === 'In' ? (values ?? []) : [],
  );
  return name === undefined || others.length > 0 ? null : name;
}
