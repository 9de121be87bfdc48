import type { ClusterNode, RuntimeClass } from '../pod/cluster-objects.ts';
import type { Pod } from '../pod/pod.ts';
import type { ClusterView } from './facts.ts';
import { isKrustlet } from './krustlet.ts';
import { hasOwnSelection, matchesSelector, selectsNode } from './selects-node.ts';

/**
 * What the nodes tell of a class. `seen`: a node that class and Pod select has the handler · `unknown`: there is no such
 * node, or they do not tell their handlers · `elsewhere`: only nodes that the two do not select have it · `nowhere`: every
 * node tells its handlers and none has it.
 */
export type HandlerPresence = 'seen' | 'unknown' | 'elsewhere' | 'nowhere';

export interface NodeOutlook {
  readonly presence: HandlerPresence;
  /** Nodes that class and Pod select, and that have the handler or do not tell. */
  readonly candidates: readonly ClusterNode[];
  /** Nodes that class and Pod select. */
  readonly within: readonly ClusterNode[];
}

/** Not cordoned, and not written off by an admin: those that a new Pod could land on. */
export function isSchedulable(node: ClusterNode): boolean {
  return !node.unschedulable;
}

function presenceOf(
  handler: string,
  within: readonly ClusterNode[],
  all: readonly ClusterNode[],
): HandlerPresence {
  const tells = within.filter(({ handlers }) => handlers !== null);
  if (tells.some(({ handlers }) => handlers?.includes(handler))) return 'seen';
  if (tells.length < within.length || all.length === 0) return 'unknown';
  if (all.some((node) => node.handlers?.includes(handler))) return 'elsewhere';
  return within.length === 0 ? 'unknown' : 'nowhere';
}

function reckon(
  view: ClusterView,
  { handler, nodeSelector }: RuntimeClass,
  isSelected: (node: ClusterNode) => boolean,
): NodeOutlook {
  const nodes = view.nodes.filter((node) => isSchedulable(node) && !isKrustlet(node));
  const within = nodes.filter((node) => matchesSelector(node.labels, nodeSelector) && isSelected(node));
  const candidates = within.filter(({ handlers }) => handlers === null || handlers.includes(handler));
  return { presence: presenceOf(handler, within, nodes), candidates, within };
}

/** Reckoned once for each state of the cluster: a view is replaced, never changed. */
const memo = new WeakMap<ClusterView, Map<RuntimeClass, NodeOutlook>>();

function outlookForAll(view: ClusterView, runtimeClass: RuntimeClass): NodeOutlook {
  let outlooks = memo.get(view);
  if (outlooks === undefined) memo.set(view, (outlooks = new Map<RuntimeClass, NodeOutlook>()));
  const known = outlooks.get(runtimeClass);
  if (known !== undefined) return known;
  const outlook = reckon(view, runtimeClass, () => true);
  outlooks.set(runtimeClass, outlook);
  return outlook;
}

/** A Pod that selects nodes itself, as every one of a DaemonSet does, has an outlook of its own. */
export function nodeOutlook(view: ClusterView, runtimeClass: RuntimeClass, pod: Pod): NodeOutlook {
  return hasOwnSelection(pod)
    ? reckon(view, runtimeClass, (node) => selectsNode(pod, node))
    : outlookForAll(view, runtimeClass);
}
