import type { RuntimeClass, Taint } from '../../pod/cluster-objects.ts';
import type { StringMap } from '../../pod/pod.ts';
import { NO_FINDINGS, type Rule, type PolicyContext } from '../check.ts';
import { selectorConflict } from '../class-conflicts.ts';
import { describeClass } from '../describe.ts';
import { daemonSetNodes, tolerationsOfPods, type DaemonSetNodes } from '../nodes/daemon-set-nodes.ts';
import { describeTaint, toleratesTaint } from '../nodes/taints.ts';

/** `{pool: "wasm", tier: "1"}`: YAML as well, on one line. */
function inline(fields: object): string {
  const entries = Object.entries(fields).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return `{${entries.join(', ')}}`;
}

function count(nodes: readonly unknown[]): string {
  return nodes.length === 1 ? '1 node' : `${nodes.length} nodes`;
}

function selectorText(nodeSelector: StringMap | null): string {
  return Object.entries(nodeSelector ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

function statesOf({ beyond, passedOver }: DaemonSetNodes, runtimeClass: RuntimeClass): readonly string[] {
  const states: string[] = [];
  const [first] = beyond;
  if (first !== undefined)
    states.push(
      `Pods for ${count(beyond)} that ${describeClass(runtimeClass)} does not select ` +
        `(${selectorText(runtimeClass.nodeSelector)}), such as "${first.name}", will stay Pending`,
    );
  const [passed] = passedOver;
  if (passed !== undefined)
    states.push(
      `no Pod is made for ${count(passedOver)} of ${first === undefined ? describeClass(runtimeClass) : 'the class'}, ` +
        `such as "${passed.node.name}", tainted ${passed.taints.map(describeTaint).join(', ')}`,
    );
  return states;
}

function adviceFor(
  context: PolicyContext,
  { beyond, passedOver }: DaemonSetNodes,
  runtimeClass: RuntimeClass,
) {
  const taints: readonly Taint[] = passedOver.flatMap((passed) => passed.taints);
  const tolerations = tolerationsOfPods(context, runtimeClass).filter((toleration) =>
    taints.some((taint) => toleratesTaint([toleration], taint)),
  );
  const fields = [
    ...(beyond.length === 0 ? [] : [`nodeSelector: ${inline(runtimeClass.nodeSelector ?? {})}`]),
    ...(tolerations.length === 0 ? [] : [`tolerations: [${tolerations.map(inline).join(', ')}]`]),
  ];
  return `Write into spec.template.spec: ${fields.join(' and ')}.`;
}

function detailFor(nodes: DaemonSetNodes, runtimeClass: RuntimeClass): string {
  return nodes.target === null
    ? `A DaemonSet goes by its template alone: ${statesOf(nodes, runtimeClass).join('; ')}`
    : `This Pod of a DaemonSet is for node "${nodes.target}", which ${describeClass(runtimeClass)} does not select ` +
        `(${selectorText(runtimeClass.nodeSelector)}): it will stay Pending`;
}

export const daemonsetIgnoresClassScheduling: Rule = {
  id: 'daemonset-ignores-class-scheduling',
  why:
    "A DaemonSet's controller decides by the template alone for which nodes it makes Pods; nodeSelector and tolerations of a " +
    'RuntimeClass come into each Pod later. On a mixed cluster its Pods for other nodes wait for ever, which holds up every ' +
    'update, and nodes whose taint only the class tolerates get none.',
  checks:
    "Of DaemonSets and their Pods: nodeSelector, required node affinity and tolerations of the template, the class's own, and " +
    'labels and taints of the nodes.',
  exempts:
    "Templates that select no other nodes than the class does, Kubernetes' own taints (node.kubernetes.io/…), nodes without the " +
    'handler that are tainted, and clusters whose nodes are not known.',
  example:
    'A DaemonSet of a Wasm image without a nodeSelector, for which class crun-wasm selects wasm-runtime: enabled.',
  fix: "Write the class's nodeSelector and tolerations into the DaemonSet's template, too.",
  check: (context) => {
    const runtimeClass = context.resolved.class;
    const nodes = daemonSetNodes(context);
    if (nodes === null || runtimeClass === null) return NO_FINDINGS;
    if (nodes.beyond.length + nodes.passedOver.length === 0) return NO_FINDINGS;
    // Its Pods will be refused for this, which another rule tells.
    if (selectorConflict(context.pod, runtimeClass) !== null) return NO_FINDINGS;
    return [
      {
        id: 'daemonset-ignores-class-scheduling',
        container: null,
        detail: detailFor(nodes, runtimeClass),
        advice: adviceFor(context, nodes, runtimeClass),
      },
    ];
  },
};
