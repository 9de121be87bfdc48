import type { RuntimeClass } from '../../pod/cluster-objects.ts';
import { NO_FINDINGS, type Rule, type PolicyContext } from '../check.ts';
import { selectorConflict } from '../class-conflicts.ts';
import { describeClass } from '../describe.ts';
import type { ClusterView } from '../facts.ts';
import { daemonSetNodes } from '../nodes/daemon-set-nodes.ts';
import { nodeFeasibility } from '../nodes/node-feasibility.ts';
import { nodeKinds } from '../nodes/node-kinds.ts';
import { classOutlook, type NodeOutlook } from '../nodes/node-outlook.ts';

/** Handlers that the message names; a warning must stay short. */
const MAX_NAMED = 4;

function describeNodes({ within }: NodeOutlook): string {
  const [first, ...others] = within;
  if (first === undefined) return 'no node matches its nodeSelector and that of the Pod';
  const handlers = new Set(nodeKinds(within).flatMap((kind) => kind.handlers ?? []));
  const present = [...handlers].toSorted().slice(0, MAX_NAMED).join(', ') || 'none';
  return others.length === 0
    ? `node "${first.name}", the only one selected, lacks its handler (it has ${present})`
    : `none of the ${within.length} selected nodes has its handler (they have ${present})`;
}

/** Advises on the selectors first if no node is selected: those of the Pod, or the labels that the class selects. */
function adviceOn({ within }: NodeOutlook, runtimeClass: RuntimeClass, cluster: ClusterView): string {
  const { handler, nodeSelector } = runtimeClass;
  if (within.length > 0) return `Install handler ${handler} there, or use another class.`;
  if (classOutlook(cluster, runtimeClass).within.length > 0)
    return `Select a node with handler ${handler} in the Pod's nodeSelector and affinity, or use another class.`;
  const labels = Object.entries(nodeSelector ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .toSorted()
    .join(',');
  return `Label a node that has handler ${handler} with ${labels}, or use another class.`;
}

/** Reports whether another rule covers the Pod: conflicting nodeSelectors, or a DaemonSet's Pod for a node beyond the class. */
function isCoveredElsewhere(context: PolicyContext, runtimeClass: RuntimeClass): boolean {
  if (selectorConflict(context.pod, runtimeClass) !== null) return true;
  const nodes = daemonSetNodes(context);
  return nodes !== null && nodes.target !== null && nodes.beyond.length > 0;
}

export const handlerOnNoNode: Rule = {
  id: 'handler-on-no-node',
  why:
    'A class may exist although no node has its handler; K3s creates ten of them. Its Pods stay in ContainerCreating ' +
    'with FailedCreatePodSandBox: `no runtime for "x" is configured`. If containerd knows the handler and its shim is ' +
    'missing: `binary not installed "containerd-shim-x-v1"`.',
  checks:
    "node.status.runtimeHandlers of the nodes that the class's nodeSelector and the Pod's own nodeSelector and node " +
    'affinity select.',
  exempts:
    'Clusters whose nodes do not report their handlers. It only ever warns, because node pools scale from zero.',
  example: 'runtimeClassName: wasmer if every node reports its handlers and none of them is wasmer.',
  fix:
    'Install the handler on a node that the class selects, label a node that has it as the class selects, or use ' +
    'another class.',
  check: (context) => {
    const { resolved, cluster, settings } = context;
    const runtimeClass = resolved.class;
    if (runtimeClass === null || isCoveredElsewhere(context, runtimeClass)) return NO_FINDINGS;
    const outlook = nodeFeasibility(context, runtimeClass, settings);
    const { presence } = outlook;
    if (presence !== 'nowhere' && presence !== 'elsewhere') return NO_FINDINGS;
    return [
      {
        id: 'handler-on-no-node',
        container: null,
        detail: `${describeClass(runtimeClass)} has no node for this Pod: ${describeNodes(outlook)}`,
        advice: adviceOn(outlook, runtimeClass, cluster),
      },
    ];
  },
};
