import { describe, expect, test } from 'vitest';
import type { ClusterNode, Taint } from '../../../src/pod/cluster-objects.ts';
import type { Pod, PodSpec, Toleration } from '../../../src/pod/pod.ts';
import { podOfTemplate } from '../../../src/pod/workloads.ts';
import { evaluate } from '../../../src/policy/evaluate.ts';
import type { PolicySettings } from '../../../src/policy/settings.ts';
import { linux, type ImageSketch } from '../../support/image/image-facts.ts';
import { cluster, node, podFacts, runtimeClass, settings } from '../../support/pod/pods.ts';

const ID = 'daemonset-ignores-class-scheduling';
const wasm = { 'wasm-runtime': 'enabled' };
const taint: Taint = { key: 'wasm-workload', value: 'true', effect: 'NoSchedule' };
const toleration: Toleration = { key: 'wasm-workload', value: 'true', effect: 'NoSchedule' };
const images: Readonly<Record<string, ImageSketch>> = { app: linux('/app.wasm') };

interface Setup {
  readonly kind?: string;
  readonly spec?: Partial<PodSpec>;
  readonly nodes?: readonly ClusterNode[];
  readonly tolerations?: readonly Toleration[] | null;
  readonly policy?: Partial<PolicySettings>;
}

const MIXED = [node('linux-1'), node('linux-2'), node('wasm-1', { labels: wasm })];

function template({ kind = 'DaemonSet', spec = {} }: Setup): Pod {
  const object = {
    metadata: { name: 'sensor' },
    spec: { template: { spec: { containers: [{ name: 'c0', image: 'app' }], ...spec } } },
  };
  const pod = podOfTemplate(object, { group: 'apps', kind });
  if (pod === null) throw new Error(`${kind} has no template`);
  return pod;
}

function findingsOf(pod: Pod, { nodes = MIXED, tolerations = null, policy = {} }: Setup) {
  const view = cluster([runtimeClass('wasmtime', { nodeSelector: wasm, tolerations })], nodes);
  return evaluate(podFacts(pod, images, view), settings(policy)).findings;
}

function detailOf(setup: Setup): string | undefined {
  const found = findingsOf(template(setup), setup).find(({ id }) => id === ID);
  return found && `${found.detail}. ${found.advice}`;
}

const expression = (key: string, operator: string, ...values: readonly string[]): Partial<PodSpec> => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key, operator, values }] }],
      },
    },
  },
});

const tainted = [node('linux-1'), node('wasm-1', { labels: wasm, taints: [taint] })];

describe('a DaemonSet whose template selects other nodes than its class', () => {
  test('warns about Pods that will stay pending, with the nodeSelector to set', () => {
    expect(detailOf({})).toBe(
      'The DaemonSet controller ignores RuntimeClasses: Pods for 2 nodes that RuntimeClass "wasmtime" does not select ' +
        '(wasm-runtime=enabled), such as "linux-1", stay Pending. Add to spec.template.spec: ' +
        'nodeSelector: {wasm-runtime: "enabled"}.',
    );
  });

  test('warns about nodes without a Pod, whose taint only its class tolerates', () => {
    const setup = { spec: { nodeSelector: wasm }, nodes: tainted, tolerations: [toleration] };
    expect(detailOf(setup)).toBe(
      'The DaemonSet controller ignores RuntimeClasses: 1 node of RuntimeClass "wasmtime", such as "wasm-1", ' +
        'tainted wasm-workload=true:NoSchedule, gets no Pod. Add to spec.template.spec: ' +
        'tolerations: [{key: "wasm-workload", value: "true", effect: "NoSchedule"}].',
    );
  });

  test('warns about both in one finding', () => {
    const text = detailOf({ nodes: tainted, tolerations: [toleration] });
    expect(text).toContain('Pods for 1 node that RuntimeClass "wasmtime" does not select');
    expect(text).toContain(
      '; 1 node of the class, such as "wasm-1", tainted wasm-workload=true:NoSchedule, gets no Pod',
    );
    expect(text).toContain('nodeSelector: {wasm-runtime: "enabled"} and tolerations: [{');
  });

  test.each<[string, Setup, string]>([
    ['a class that the template names', { spec: { runtimeClassName: 'wasmtime' } }, '2 nodes'],
    ['cordoned nodes, which its Pods tolerate', { nodes: [node('a', { unschedulable: true })] }, '1 node'],
    [
      'taints of Kubernetes itself',
      { nodes: [node('a', { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' }] })] },
      '1 node',
    ],
    [
      'a taint that the template tolerates',
      { spec: { tolerations: [toleration] }, nodes: [node('a', { taints: [taint] })] },
      '1 node',
    ],
    ['an affinity that is wider than the class', { spec: expression('pool', 'DoesNotExist') }, '2 nodes'],
    [
      'tolerations of the configuration',
      {
        spec: { nodeSelector: wasm },
        nodes: tainted,
        policy: { tolerations: [{ key: 'wasm-workload', value: 'true' }] },
      },
      '1 node of RuntimeClass "wasmtime", such as',
    ],
  ])('counts: %s', (_case, setup, words) => {
    expect(detailOf(setup)).toContain(words);
  });

  test.each<[string, Setup]>([
    ['about a Deployment, whose Pods the scheduler places', { kind: 'Deployment' }],
    ['if the template has the same nodeSelector', { spec: { nodeSelector: wasm } }],
    ['if an affinity selects the same nodes', { spec: expression('wasm-runtime', 'In', 'enabled') }],
    ['if the class selects all nodes', { nodes: [node('wasm-1', { labels: wasm })] }],
    ['if no node is known', { nodes: [] }],
    [
      'if the other nodes are tainted',
      { nodes: [node('a', { taints: [taint] }), node('wasm-1', { labels: wasm })] },
    ],
    [
      'about a tainted node without the handler',
      {
        spec: { nodeSelector: wasm },
        tolerations: [toleration],
        nodes: [
          node('a', { labels: wasm, taints: [taint], handlers: ['runc'] }),
          node('b', { labels: wasm }),
        ],
      },
    ],
    ['about a taint that no toleration matches', { spec: { nodeSelector: wasm }, nodes: tainted }],
    [
      'if the API server will reject the Pods for their nodeSelector',
      {
        spec: { runtimeClassName: 'wasmtime', nodeSelector: { 'wasm-runtime': 'off' } },
        nodes: [node('a', { labels: { 'wasm-runtime': 'off' } })],
      },
    ],
  ])('does not warn %s', (_case, setup) => {
    expect(detailOf(setup)).toBeUndefined();
  });
});

describe('a Pod of a DaemonSet', () => {
  /** Returns the Pod that the controller creates, with or without the nodeSelector that the API server merges in. */
  function daemonPod(target: string, spec: Partial<PodSpec> = {}): Pod {
    const terms = [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [target] }] }];
    const required = { nodeSelectorTerms: terms };
    const { metadata, spec: made } = template({});
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } };
    return { ...(metadata && { metadata }), spec: { ...made, affinity, ...spec } };
  }

  const shims = (name: string, parts: Partial<ClusterNode> = {}): ClusterNode =>
    node(name, { handlers: ['wasmtime'], ...parts });
  const nodes = [shims('linux-1'), shims('wasm-1', { labels: wasm })];

  test.each<[string, Partial<PodSpec>]>([
    ['as created', {}],
    ['with the class', { runtimeClassName: 'wasmtime' }],
    ['with the class and its nodeSelector', { runtimeClassName: 'wasmtime', nodeSelector: wasm }],
  ])('warns once about a node that its class does not select: %s', (_case, spec) => {
    const findings = findingsOf(daemonPod('linux-1', spec), { nodes });
    expect(findings).toMatchObject([
      {
        id: ID,
        action: 'warn',
        detail:
          'RuntimeClass "wasmtime" does not select node "linux-1" (wasm-runtime=enabled), ' +
          'for which the DaemonSet created this Pod: it stays Pending',
      },
    ]);
  });

  test.each<[string, Pod]>([
    ['on a node that the class selects', daemonPod('wasm-1')],
    ['on an unknown node', daemonPod('young-1')],
    ['that is already bound', daemonPod('linux-1', { nodeName: 'linux-1' })],
  ])('does not warn about a Pod %s', (_case, pod) => {
    expect(findingsOf(pod, { nodes }).map(({ id }) => id)).not.toContain(ID);
  });
});
