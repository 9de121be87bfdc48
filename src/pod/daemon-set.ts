import type { ObjectMeta, PodSpec } from './pod.ts';

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
