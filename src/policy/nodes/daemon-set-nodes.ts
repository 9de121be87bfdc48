import type { ClusterNode, RuntimeClass, Taint } from '../../pod/cluster-objects.ts';
import type { Toleration } from '../../pod/pod.ts';
import { isOfDaemonSet, nodeOfDaemonPod } from '../../pod/workloads.ts';
import type { PolicyContext } from '../check.ts';
import { nodeKinds } from './node-kind.ts';
import { matchesSelector, nodeSelection } from './selects-node.ts';
import { allTolerations, blockingTaints, tolerationsAtAdmission } from './taints.ts';

interface Passed {
  readonly node: ClusterNode;
  readonly taints: readonly Taint[];
}

/** Where the nodes of a DaemonSet and those of its class part. */
export interface DaemonSetNodes {
  /** The node that the Pod was made for; null in a template. */
  readonly target: string | null;
  /** A Pod is made for each of them, and the class keeps it away. */
  readonly beyond: readonly ClusterNode[];
  /** No Pod is made for them: the template does not tolerate what the Pods would. */
  readonly passedOver: readonly Passed[];
}

/** What Pods get at their admission, and the controller never hears of. */
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
 * A DaemonSet's controller decides for which nodes to make Pods by nodeSelector, required node affinity and tolerations of the
 * template, before a class has its say (`NodeShouldRunDaemonPod` in pkg/controller/daemon; kubernetes/kubernetes#111590).
 * Cordoned nodes count: its Pods tolerate that. Null for a Pod of another kind, or one that is bound already.
 */
export function daemonSetNodes(context: PolicyContext): DaemonSetNodes | null {
  const { pod, resolved } = context;
  if (resolved.class === null || pod.spec.nodeName || !isOfDaemonSet(pod)) return null;
  const target = nodeOfDaemonPod(pod.spec);
  return target === null ? ofTemplate(context, resolved.class) : ofPod(context, resolved.class, target);
}
