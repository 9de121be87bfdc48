import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeClass } from '../describe.ts';
import { countNodes, nodeFeasibility, obstacleOf } from '../nodes/node-feasibility.ts';

export const handlerNotOnEveryNode: Rule = {
  id: 'handler-not-on-every-node',
  why:
    'The scheduler ignores handlers. If a class selects nodes without its handler, whether the Pod starts depends on ' +
    'the node it lands on. On the wrong one it stays in ContainerCreating with FailedCreatePodSandBox: `no runtime ' +
    'for "x" is configured`.',
  checks:
    'node.status.runtimeHandlers, labels and taints of the nodes that class and Pod select, and tolerations; only for ' +
    'Pods with Wasm containers.',
  exempts:
    'Nodes that do not report their handlers, cordoned nodes, and nodes whose taints the Pod does not tolerate.',
  example:
    'On K3s, whose classes select nothing, a Wasm Pod in a cluster where one of two nodes has the shim.',
  fix:
    'Label the nodes that have the handler and select that label in scheduling.nodeSelector of the RuntimeClass, or ' +
    'install the handler on all nodes.',
  check: (context) => {
    const { resolved, wasmContainers, settings } = context;
    const runtimeClass = resolved.class;
    if (runtimeClass === null || wasmContainers.length === 0) return NO_FINDINGS;
    const { presence, groups } = nodeFeasibility(context, runtimeClass, settings);
    if (presence !== 'seen') return NO_FINDINGS;
    const open = groups.filter((group) => obstacleOf(group, 'taint') === undefined);
    const lacking = open.filter((group) => obstacleOf(group, 'handler') !== undefined);
    const [first] = lacking;
    if (first === undefined) return NO_FINDINGS;
    return [
      {
        id: 'handler-not-on-every-node',
        container: null,
        detail: `${describeClass(runtimeClass)} lets this Pod onto nodes without its handler (${countNodes(lacking)} of ${countNodes(open)}, such as "${first.nodes[0].name}"), where it never starts`,
        advice:
          'Label the nodes that have it, and select that label in scheduling.nodeSelector of the class.',
      },
    ];
  },
};
