import { isObject, property } from '../lib/json.ts';
import type { Pod, ObjectMeta, PodSpec } from './pod.ts';
import { readPod } from './read-pod.ts';

/** Where the Pod template stands in each kind that has one, by `group/kind`. */
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

/** What Knative calls a container that has no name (serving pkg/apis/config/defaults.go), where only it may have none. */
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

/** The keys that lead to the Pod template; null for a kind without one. */
export function templatePath({ group, kind }: GroupKind): readonly string[] | null {
  const name = `${group}/${kind}`;
  return (Object.hasOwn(TEMPLATE_PATHS, name) ? TEMPLATE_PATHS[name] : undefined) ?? null;
}

/** A Knative template as Knative itself completes it; what is no list of objects is left for `readPod` to refuse. */
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

/** Its Pods go to nodes in a way of their own, and are told by their owner. */
function ownedByDaemonSet({ metadata, spec }: Pod): Pod {
  return { metadata: { ...metadata, ownerReferences: [{ kind: 'DaemonSet' }] }, spec };
}

/**
 * The Pod that a workload would make, as far as its template tells; null for a kind without a template.
 * @throws AppError `invalid-pod` when the template is broken
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
 * Reports whether an update of a workload leaves its Pod template as it was: it is scaled, paused or labeled. The API server
 * writes both objects alike, key by key; a template that is written otherwise is judged.
 */
export function hasSameTemplate(before: unknown, after: unknown, kind: GroupKind): boolean {
  const path = templatePath(kind);
  if (path === null) return false;
  const [old, template] = [before, after].map((object) => path.reduce(step, object));
  return template !== undefined && JSON.stringify(template) === JSON.stringify(old);
}

interface Owned {
  readonly metadata?: Pick<ObjectMeta, 'ownerReferences'>;
}

/** Whether a DaemonSet makes the Pod, or would make it. */
export function isOfDaemonSet({ metadata }: Owned): boolean {
  return metadata?.ownerReferences?.some(({ kind }) => kind === 'DaemonSet') === true;
}

/**
 * The node that a DaemonSet made a Pod for: it writes nothing but this name into the required node affinity, in the place of
 * what the template says there (pkg/controller/daemon/util, `ReplaceDaemonSetPodNodeNameNodeAffinity`). Null in a template.
 */
export function nodeOfDaemonPod({ affinity }: PodSpec): string | null {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const fields = required?.nodeSelectorTerms?.flatMap(({ matchFields }) => matchFields ?? []) ?? [];
  const [name, ...others] = fields.flatMap(({ key, operator, values }) =>
    key === 'metadata.name' && operator === 'In' ? (values ?? []) : [],
  );
  return name === undefined || others.length > 0 ? null : name;
}
