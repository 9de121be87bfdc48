import type { ClusterNode, RuntimeClass } from '../pod/cluster-objects.ts';
import type { StringMap } from '../pod/pod.ts';
import type { ClusterView } from './facts.ts';

/**
 * What the nodes tell of a class. `seen`: a node within the class's nodeSelector has the handler · `unknown`: there is no
 * such node, or they do not tell their handlers · `elsewhere`: only nodes outside the selector have it · `nowhere`: every
 * node tells its handlers and none has it.
 */
export type HandlerPresence = 'seen' | 'unknown' | 'elsewhere' | 'nowhere';

export interface NodeOutlook {
  readonly presence: HandlerPresence;
  /** Nodes within the class's nodeSelector that have the handler or do not tell. */
  readonly candidates: readonly ClusterNode[];
  /** Nodes within the class's nodeSelector. */
  readonly within: readonly ClusterNode[];
}

export function matchesSelector(labels: StringMap, selector: StringMap | null | undefined): boolean {
  return Object.entries(selector ?? {}).every(([key, value]) => labels[key] === value);
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

function reckon(view: ClusterView, { handler, nodeSelector }: RuntimeClass): NodeOutlook {
  const nodes = view.nodes.filter(isSchedulable);
  const within = nodes.filter(({ labels }) => matchesSelector(labels, nodeSelector));
  const candidates = within.filter(({ handlers }) => handlers === null || handlers.includes(handler));
  return { presence: presenceOf(handler, within, nodes), candidates, within };
}

/** Reckoned once for each state of the cluster: a view is replaced, never changed. */
const memo = new WeakMap<ClusterView, Map<RuntimeClass, NodeOutlook>>();

export function nodeOutlook(view: ClusterView, runtimeClass: RuntimeClass): NodeOutlook {
  let outlooks = memo.get(view);
  if (outlooks === undefined) memo.set(view, (outlooks = new Map<RuntimeClass, NodeOutlook>()));
  const known = outlooks.get(runtimeClass);
  if (known !== undefined) return known;
  const outlook = reckon(view, runtimeClass);
  outlooks.set(runtimeClass, outlook);
  return outlook;
}
