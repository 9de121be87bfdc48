import type { ClusterNode, RuntimeClass, Taint } from '../../pod/cluster-objects.ts';
import type { Pod, Toleration } from '../../pod/pod.ts';
import { isOfDaemonSet, nodeOfDaemonPod } from '../../pod/workloads.ts';
import type { PolicyContext } from '../check.ts';
import type { ClusterView } from '../facts.ts';
import { nodeKinds, type NodeKind } from './node-kinds.ts';
import { mayHaveHandler } from './node-outlook.ts';
import { matchesSelector, nodeSelection } from './selects-node.ts';
import { allTolerations, blockingTaints, tolerationsAtAdmission } from './taints.ts';

function isOfClass({ labels }: ClusterNode, { nodeSelector }: RuntimeClass): boolean {
  return matchesSelector(labels, nodeSelector);
}

interface Passed {
  readonly node: ClusterNode;
  readonly taints: readonly Taint[];
}

/** The nodes on which a DaemonSet and its class disagree. */
export interface DaemonSetNodes {
  /** The node for which the controller created the Pod; null in a template. */
  readonly target: string | null;
  /** Nodes for which the controller creates Pods that the class's nodeSelector keeps away. */
  readonly beyond: readonly ClusterNode[];
  /** Nodes without Pods: the Pods would tolerate their taints, but the template does not. */
  readonly passedOver: readonly Passed[];
}

/** Returns the tolerations that Pods get at admission, which the controller does not see. */
export function tolerationsOfPods(
  { wasmContainers, settings }: PolicyContext,
  runtimeClass: RuntimeClass,
): readonly Toleration[] {
  return tolerationsAtAdmission(runtimeClass, wasmContainers.length > 0, settings);
}

function ofPod({ cluster }: PolicyContext, runtimeClass: RuntimeClass, target: string): DaemonSetNodes {
  const beyond = cluster.nodes.filter((node) => node.name === target && !isOfClass(node, runtimeClass));
  return { target, beyond, passedOver: [] };
}

/** A kind of the nodes that a template selects, with the taints that keep the controller from creating Pods there. */
interface SelectedKind extends Pick<NodeKind, 'handlers' | 'taints'> {
  readonly nodes: readonly ClusterNode[];
  readonly blocking: readonly Taint[];
}

/** Cached because a template is tried with several classes. */
const selectedKinds = new WeakMap<
  Pod,
  { readonly cluster: ClusterView; readonly kinds: readonly SelectedKind[] }
>();

function kindsFor({ pod, cluster }: PolicyContext): readonly SelectedKind[] {
  const known = selectedKinds.get(pod);
  if (known?.cluster === cluster) return known.kinds;
  const own = pod.spec.tolerations ?? [];
  const isSelected = nodeSelection(pod);
  const kinds = nodeKinds(cluster.nodes).map(({ handlers, taints, nodes }) => ({
    handlers,
    taints,
    nodes: nodes.filter(isSelected),
    blocking: blockingTaints({ taints }, own),
  }));
  selectedKinds.set(pod, { cluster, kinds });
  return kinds;
}

function ofTemplate(context: PolicyContext, runtimeClass: RuntimeClass): DaemonSetNodes {
  const { handler, nodeSelector } = runtimeClass;
  const later = allTolerations(context, runtimeClass, context.settings);
  const beyond: ClusterNode[] = [];
  const passedOver: Passed[] = [];
  for (const kind of kindsFor(context)) {
    const { nodes, blocking } = kind;
    if (blocking.length === 0) {
      if (nodeSelector !== null) beyond.push(...nodes.filter((node) => !isOfClass(node, runtimeClass)));
    } else if (mayHaveHandler(kind, handler) && blockingTaints(kind, later).length === 0) {
      const passed = nodes.filter((node) => isOfClass(node, runtimeClass));
      passedOver.push(...passed.map((node) => ({ node, taints: blocking })));
    }
  }
  return { target: null, beyond, passedOver };
}

/**
 * Compares the nodes of a DaemonSet with those of its class. The controller creates Pods by the template's nodeSelector, required
 * node affinity and tolerations, without the class (`NodeShouldRunDaemonPod` in pkg/controller/daemon;
 * kubernetes/kubernetes#111590). Cordoned nodes count, because its Pods tolerate that taint. Returns null for other Pods, and for
 * one that is already bound.
 */
export function daemonSetNodes(context: PolicyContext): DaemonSetNodes | null {
  const { pod, resolved } = context;
  if (resolved.class === null || pod.spec.nodeName || !isOfDaemonSet(pod)) return null;
  const target = nodeOfDaemonPod(pod.spec);
  return target === null ? ofTemplate(context, resolved.class) : ofPod(context, resolved.class, target);
}
