import type { RuntimeClass, Taint } from '../../pod/cluster-objects.ts';
import type { StringMap } from '../../pod/pod.ts';
import { NO_FINDINGS, type Rule, type PolicyContext } from '../check.ts';
import { selectorConflict } from '../class-conflicts.ts';
import { describeClass } from '../describe.ts';
import { daemonSetNodes, tolerationsOfPods, type DaemonSetNodes } from '../nodes/daemon-set-nodes.ts';
import { describeTaint, toleratesTaint } from '../nodes/taints.ts';

/** Formats fields as YAML, such as `{pool: "wasm", tier: "1"}`. */
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

function describeStates(
  { beyond, passedOver }: DaemonSetNodes,
  runtimeClass: RuntimeClass,
): readonly string[] {
  const states: string[] = [];
  const [first] = beyond;
  if (first !== undefined)
    states.push(
      `Pods for ${count(beyond)} that ${describeClass(runtimeClass)} does not select ` +
        `(${selectorText(runtimeClass.nodeSelector)}), such as "${first.name}", stay Pending`,
    );
  const [passed] = passedOver;
  if (passed !== undefined)
    states.push(
      `${count(passedOver)} of ${first === undefined ? describeClass(runtimeClass) : 'the class'}, such as ` +
        `"${passed.node.name}", tainted ${passed.taints.map(describeTaint).join(', ')}, ${passedOver.length === 1 ? 'gets' : 'get'} no Pod`,
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
  return `Add to spec.template.spec: ${fields.join(' and ')}.`;
}

function detailFor(nodes: DaemonSetNodes, runtimeClass: RuntimeClass): string {
  return nodes.target === null
    ? `The DaemonSet controller ignores RuntimeClasses: ${describeStates(nodes, runtimeClass).join('; ')}`
    : `${describeClass(runtimeClass)} does not select node "${nodes.target}" (${selectorText(runtimeClass.nodeSelector)}), ` +
        'for which the DaemonSet created this Pod: it stays Pending';
}

export const daemonsetIgnoresClassScheduling: Rule = {
  id: 'daemonset-ignores-class-scheduling',
  why:
    'The DaemonSet controller selects nodes by the template alone; nodeSelector and tolerations of a RuntimeClass ' +
    "reach each Pod later. In a mixed cluster, Pods for other nodes stay Pending (`node(s) didn't match Pod's node " +
    'affinity/selector`), which blocks every update, and nodes whose taint only the class tolerates get no Pod.',
  checks:
    'For DaemonSets and their Pods: nodeSelector, required node affinity and tolerations of the template and of the ' +
    'class, and labels and taints of the nodes.',
  exempts:
    "Templates that select no other nodes than the class does; Kubernetes' own taints (node.kubernetes.io/…); tainted " +
    'nodes without the handler; clusters whose nodes are unknown.',
  example:
    'A DaemonSet of a Wasm image without a nodeSelector, for which class crun-wasm selects wasm-runtime: enabled.',
  fix: "Copy the class's nodeSelector and tolerations into the DaemonSet's template.",
  check: (context) => {
    const runtimeClass = context.resolved.class;
    const nodes = daemonSetNodes(context);
    if (nodes === null || runtimeClass === null) return NO_FINDINGS;
    if (nodes.beyond.length + nodes.passedOver.length === 0) return NO_FINDINGS;
    // node-selector-conflict denies its Pods.
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
