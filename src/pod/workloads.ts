import { isObject, property } from '../lib/json.ts';
import type { Pod, ObjectMeta, PodSpec } from './pod.ts';
import { readPod } from './pod.ts';

/** The keys that lead to the Pod template, by `group/kind`. */
const TEMPLATE_PATHS: Readonly<Record<string, readonly string[]>> = {
  'apps/Deployment': ['spec', 'template'],
  'apps/ReplicaSet': ['spec', 'template'],
  'apps/StatefulSet': ['spec', 'template'],
  'apps/DaemonSet': ['spec', 'template'],
  'batch/Job': ['spec', 'template'],
  'batch/CronJob': ['spec', 'jobTemplate', 'spec', 'template'],
  '/ReplicationController': ['spec', 'template'],
  '/PodTemplate': ['template'],
  'serving.knative.dev/Service': ['spec', 'template'],
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

/** Returns the keys that lead to the Pod template; null for a kind without one. */
export function templatePath({ group, kind }: GroupKind): readonly string[] | null {
  const name = `${group}/${kind}`;
  return (Object.hasOwn(TEMPLATE_PATHS, name) ? TEMPLATE_PATHS[name] : undefined) ?? null;
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
  const path = templatePath(kind);
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
  const path = templatePath(kind);
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
