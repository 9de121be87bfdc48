import type { ClusterNode, RuntimeClass, Taint } from '../../pod/cluster-objects.ts';
import type { Toleration } from '../../pod/pod.ts';
import { isOfDaemonSet, nodeOfDaemonPod } from '../../pod/workloads.ts';
import type { PolicyContext } from '../check.ts';
import { nodeKinds } from './node-kinds.ts';
import { matchesSelector, nodeSelection } from './selects-node.ts';
import { allTolerations, blockingTaints, tolerationsAtAdmission } from './taints.ts';

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

function ofPod({ cluster }: PolicyContext, { nodeSelector }: RuntimeClass, target: string): DaemonSetNodes {
  const beyond = cluster.nodes.filter(
    ({ name, labels }) => name === target && !matchesSelector(labels, nodeSelector),
  );
  return { target, beyond, passedOver: [] };
}

function ofTemplate(context: PolicyContext, runtimeClass: RuntimeClass): DaemonSetNodes {
  const { pod, cluster, settings } = context;
  const own = pod.spec.tolerations ?? [];
  const later = allTolerations(context, runtimeClass, settings);
  const beyond: ClusterNode[] = [];
  const passedOver: Passed[] = [];
  const isSelected = nodeSelection(pod);
  for (const { nodes, handlers, taints } of nodeKinds(cluster.nodes)) {
    const blocking = blockingTaints({ taints }, own);
    const hasHandler = handlers === null || handlers.includes(runtimeClass.handler);
    const isPassedOver = blocking.length > 0 && hasHandler && blockingTaints({ taints }, later).length === 0;
    for (const node of nodes.filter(isSelected)) {
      const isOfClass = matchesSelector(node.labels, runtimeClass.nodeSelector);
      if (!isOfClass && blocking.length === 0) beyond.push(node);
      if (isOfClass && isPassedOver) passedOver.push({ node, taints: blocking });
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
