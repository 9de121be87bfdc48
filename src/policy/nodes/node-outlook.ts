import type { ClusterNode, RuntimeClass } from '../../pod/cluster-objects.ts';
import type { Pod } from '../../pod/pod.ts';
import type { ClusterView } from '../facts.ts';
import { isKrustlet } from '../krustlet.ts';
import { hasOwnSelection, matchesSelector, nodeSelection, onlyNodeOf } from './selects-node.ts';

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

/** What all nodes that a new Pod could land on have in common, for every Pod and class. */
interface Field {
  readonly nodes: readonly ClusterNode[];
  readonly named: (name: string) => ClusterNode | undefined;
  /** Every handler that some node tells. */
  readonly handlers: ReadonlySet<string>;
}

function presenceOf(handler: string, within: readonly ClusterNode[], field: Field): HandlerPresence {
  const tells = within.filter(({ handlers }) => handlers !== null);
  if (tells.some(({ handlers }) => handlers?.includes(handler))) return 'seen';
  if (tells.length < within.length || field.nodes.length === 0) return 'unknown';
  if (field.handlers.has(handler)) return 'elsewhere';
  return within.length === 0 ? 'unknown' : 'nowhere';
}

function reckon(
  { handler, nodeSelector }: RuntimeClass,
  selected: readonly ClusterNode[],
  field: Field,
): NodeOutlook {
  const within = selected.filter(({ labels }) => matchesSelector(labels, nodeSelector));
  const candidates = within.filter(({ handlers }) => handlers === null || handlers.includes(handler));
  return { presence: presenceOf(handler, within, field), candidates, within };
}

/** The outlook of each class over the same nodes, reckoned once. */
interface Outlooks {
  readonly field: Field;
  readonly of: (runtimeClass: RuntimeClass) => NodeOutlook;
}

function createOutlooks(field: Field, selected: readonly ClusterNode[]): Outlooks {
  const known = new Map<RuntimeClass, NodeOutlook>();
  return {
    field,
    of: (runtimeClass) => {
      const outlook = known.get(runtimeClass) ?? reckon(runtimeClass, selected, field);
      known.set(runtimeClass, outlook);
      return outlook;
    },
  };
}

/** For each state of the cluster: a view is replaced, never changed. */
const byView = new WeakMap<ClusterView, Outlooks>();
/** One Pod asks several times, of each class. */
const byPod = new WeakMap<Pod, Outlooks>();

function outlooksForAll(view: ClusterView): Outlooks {
  const known = byView.get(view);
  if (known !== undefined) return known;
  const nodes = view.nodes.filter((node) => !node.unschedulable && !isKrustlet(node));
  const handlers = new Set(nodes.flatMap((node) => node.handlers ?? []));
  let byName: ReadonlyMap<string, ClusterNode> | undefined;
  const named: Field['named'] = (name) =>
    (byName ??= new Map(nodes.map((node) => [node.name, node]))).get(name);
  const outlooks = createOutlooks({ nodes, named, handlers }, nodes);
  byView.set(view, outlooks);
  return outlooks;
}

/** Those that the Pod could select. To look at each of 5,000 took 7 ms for every Pod that a DaemonSet made for one of them. */
function inQuestion({ spec }: Pod, { nodes, named }: Field): readonly ClusterNode[] {
  const name = onlyNodeOf(spec);
  if (name === null) return nodes;
  const node = named(name);
  return node === undefined ? [] : [node];
}

function outlooksFor(pod: Pod, { field }: Outlooks): Outlooks {
  const known = byPod.get(pod);
  if (known?.field === field) return known;
  const selected = inQuestion(pod, field).filter(nodeSelection(pod));
  const outlooks = createOutlooks(field, selected);
  byPod.set(pod, outlooks);
  return outlooks;
}

/** A Pod that selects nodes itself, as every one of a DaemonSet does, has an outlook of its own. */
export function nodeOutlook(view: ClusterView, runtimeClass: RuntimeClass, pod: Pod): NodeOutlook {
  const forAll = outlooksForAll(view);
  return (hasOwnSelection(pod) ? outlooksFor(pod, forAll) : forAll).of(runtimeClass);
}
