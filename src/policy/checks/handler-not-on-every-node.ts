import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeClass } from '../describe.ts';
import { countNodes, nodeFeasibility, obstacleOf } from '../nodes/node-feasibility.ts';

export const handlerNotOnEveryNode: Rule = {
  id: 'handler-not-on-every-node',
  why:
    'The scheduler does not look at handlers. Where a class selects nodes without its handler, it is chance whether a Pod ' +
    'starts: on the wrong node it stays in ContainerCreating for ever (no runtime for "x" is configured).',
  checks:
    'node.status.runtimeHandlers, labels and taints of the nodes that class and Pod select, and tolerations; only of Pods with ' +
    'Wasm containers.',
  exempts:
    'Nodes that do not tell their handlers, cordoned ones, and those whose taints the Pod does not tolerate.',
  example:
    'On K3s, whose classes select nothing, a Wasm Pod in a cluster where one node of two has the shim.',
  fix:
    'Label the nodes that have the handler and select that label in scheduling.nodeSelector of the RuntimeClass, or install ' +
    'the handler on all of them.',
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
        detail: `${describeClass(runtimeClass)} lets this Pod onto nodes without its handler (${countNodes(lacking)} of ${countNodes(open)}, such as "${first.nodes[0].name}"), where it would never start`,
        advice:
          'Label the nodes that have the handler, and select that label in scheduling.nodeSelector of the class, or in the Pod.',
      },
    ];
  },
};
