import type { ClusterNode, RuntimeClass } from '../pod/cluster-objects.ts';
import type { ClusterView } from '../policy/facts.ts';

/** A view that never changes; when the cluster does, a new one takes its place. */
export function createClusterView(
  classes: readonly RuntimeClass[],
  nodes: readonly ClusterNode[],
): ClusterView {
  const sorted = classes.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const byName = new Map(sorted.map((runtimeClass) => [runtimeClass.name, runtimeClass]));
  const open = nodes.filter((node) => !node.unschedulable && node.architecture !== '');
  return Object.freeze({
    runtimeClass: (name: string) => byName.get(name),
    runtimeClasses: Object.freeze(sorted),
    nodes: Object.freeze([...nodes]),
    architectures: Object.freeze([...new Set(open.map((node) => node.architecture))].toSorted()),
  });
}
