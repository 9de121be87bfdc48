import type { RuntimeClass } from '../../pod/cluster-objects.ts';
import { NO_FINDINGS, type Rule, type PolicyContext } from '../check.ts';
import { selectorConflict } from '../class-conflicts.ts';
import { describeClass } from '../describe.ts';
import type { ClusterView } from '../facts.ts';
import { daemonSetNodes } from '../nodes/daemon-set-nodes.ts';
import { nodeFeasibility } from '../nodes/node-feasibility.ts';
import type { NodeOutlook } from '../nodes/node-outlook.ts';
import { matchesSelector } from '../nodes/selects-node.ts';

/** Handlers named in the message; a cluster has few. */
const MAX_NAMED = 8;

function whereOf({ within }: NodeOutlook): string {
  const [first, ...others] = within;
  if (first === undefined) return 'no node matches its nodeSelector and what the Pod selects itself';
  const handlers = new Set(within.flatMap((node) => node.handlers ?? []));
  const present = [...handlers].toSorted().slice(0, MAX_NAMED).join(', ') || 'none';
  return others.length === 0
    ? `the one node that it and the Pod select, "${first.name}", does not have that handler (it has: ${present})`
    : `none of the ${within.length} nodes that it and the Pod select has that handler (they have: ${present})`;
}

/** Where no node is selected, nothing can be installed on one: labels come first, the class's or those that the Pod wants. */
function adviceOn(
  { within }: NodeOutlook,
  { handler, nodeSelector }: RuntimeClass,
  { nodes }: ClusterView,
): string {
  if (within.length > 0) return `Install handler ${handler} on such a node, or name another class.`;
  const isLabelled = nodes.some((node) => !node.unschedulable && matchesSelector(node.labels, nodeSelector));
  if (isLabelled)
    return `Let the Pod's nodeSelector and node affinity select a node that has handler ${handler}, or name another class.`;
  const labels = Object.entries(nodeSelector ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .toSorted()
    .join(',');
  return `Label a node that has handler ${handler} with ${labels}, or name another class.`;
}

/** Its nodeSelector and the class's contradict each other, or its DaemonSet made it for another node: other rules tell. */
function isToldElsewhere(context: PolicyContext, runtimeClass: RuntimeClass): boolean {
  if (selectorConflict(context.pod, runtimeClass) !== null) return true;
  const nodes = daemonSetNodes(context);
  return nodes !== null && nodes.target !== null && nodes.beyond.length > 0;
}

export const handlerOnNoNode: Rule = {
  id: 'handler-on-no-node',
  why:
    'A class may exist where no node has its handler (K3s creates ten of them); its Pods wait for ever in ' +
    'ContainerCreating: no runtime for "x" is configured.',
  checks:
    "node.status.runtimeHandlers of the nodes that the class's nodeSelector and the Pod's own nodeSelector and node " +
    'affinity let it onto.',
  exempts: 'Clusters whose nodes do not tell. It only ever warns, since node pools scale from zero.',
  example: 'runtimeClassName: wasmer where every node tells its handlers and none of them is wasmer.',
  fix: 'Install the handler on a node that the class selects, label a node that has it as the class selects, or name another class.',
  check: (context) => {
    const { resolved, cluster, settings } = context;
    const runtimeClass = resolved.class;
    if (runtimeClass === null || isToldElsewhere(context, runtimeClass)) return NO_FINDINGS;
    const outlook = nodeFeasibility(context, runtimeClass, settings);
    const { presence } = outlook;
    if (presence !== 'nowhere' && presence !== 'elsewhere') return NO_FINDINGS;
    return [
      {
        id: 'handler-on-no-node',
        container: null,
        detail: `${describeClass(runtimeClass)} has no node to run on now: ${whereOf(outlook)}`,
        advice: adviceOn(outlook, runtimeClass, cluster),
      },
    ];
  },
};
