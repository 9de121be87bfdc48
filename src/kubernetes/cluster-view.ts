import type { ClusterNode, LimitRange, RuntimeClass } from '../pod/cluster-objects.ts';
import type { ClusterView } from '../policy/facts.ts';

const NO_LIMIT_RANGES: readonly LimitRange[] = Object.freeze([]);

function byName<Item extends { readonly name: string }>(items: readonly Item[]): readonly Item[] {
  return Object.freeze(items.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
}

/** The same cluster with other classes. */
export function withClasses(view: ClusterView, classes: readonly RuntimeClass[]): ClusterView {
  const runtimeClasses = byName(classes);
  const named = new Map(runtimeClasses.map((runtimeClass) => [runtimeClass.name, runtimeClass]));
  return Object.freeze({ ...view, runtimeClasses, runtimeClass: (name: string) => named.get(name) });
}

/** A view that never changes; when the cluster does, a new one takes its place. */
export function createClusterView(
  classes: readonly RuntimeClass[],
  nodes: readonly ClusterNode[],
  limitRanges: readonly LimitRange[] = [],
): ClusterView {
  const sorted = byName(classes);
  const named = new Map(sorted.map((runtimeClass) => [runtimeClass.name, runtimeClass]));
  const open = nodes.filter((node) => !node.unschedulable && node.architecture !== '');
  const byNamespace = Map.groupBy(byName(limitRanges), ({ namespace }) => namespace);
  return Object.freeze({
    runtimeClass: (name: string) => named.get(name),
    runtimeClasses: sorted,
    nodes: Object.freeze([...nodes]),
    architectures: Object.freeze([...new Set(open.map((node) => node.architecture))].toSorted()),
    limitRanges: (namespace: string) => byNamespace.get(namespace) ?? NO_LIMIT_RANGES,
  });
}
