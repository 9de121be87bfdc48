import type { Taint } from '../../pod/cluster-objects.ts';
import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeClass } from '../describe.ts';
import { nodeFeasibility, obstacleOf } from '../nodes/node-feasibility.ts';
import { describeTaint } from '../nodes/taints.ts';

function writeToleration({ key, value, effect }: Taint): string {
  const match = value === undefined || value === '' ? 'operator: Exists' : `value: ${JSON.stringify(value)}`;
  return `{key: ${key}, ${match}, effect: ${effect}}`;
}

export const nodeTaintNotTolerated: Rule = {
  id: 'node-taint-not-tolerated',
  why:
    'Wasm nodes are often tainted, and a RuntimeClass need not carry the toleration. Its Pods then stay Pending, with ' +
    'an event that names the taint but not the class: `node(s) had untolerated taint`.',
  checks:
    'Taints of the nodes that have the handler and that class and Pod select; tolerations of the Pod, of the class ' +
    'and of the configuration.',
  exempts:
    "Pods that at least one of these nodes accepts; Kubernetes' own taints (node.kubernetes.io/…); PreferNoSchedule; " +
    'Pods that are already bound to a node.',
  example: 'A Pod for class wasmedge if every node with that handler is tainted workload=wasm:NoSchedule.',
  fix: 'Add the toleration to scheduling.tolerations of the RuntimeClass, or to policy.tolerations of wasmgate.',
  check: (context) => {
    const { pod, resolved, settings } = context;
    const runtimeClass = resolved.class;
    if (runtimeClass === null || pod.spec.nodeName) return NO_FINDINGS;
    const { candidates, groups } = nodeFeasibility(context, runtimeClass, settings);
    const having = groups.filter((group) => obstacleOf(group, 'handler') === undefined);
    const blocked = having.map((group) => obstacleOf(group, 'taint')?.taint);
    const [first] = blocked;
    if (first === undefined || blocked.includes(undefined)) return NO_FINDINGS;
    const others = candidates.length === 1 ? '' : `, as are all ${candidates.length} nodes`;
    return [
      {
        id: 'node-taint-not-tolerated',
        container: null,
        detail: `No node of ${describeClass(runtimeClass)} accepts this Pod: node "${candidates[0]?.name}" is tainted ${describeTaint(first)}${others}`,
        advice: `Add to tolerations: ${writeToleration(first)}.`,
      },
    ];
  },
};
