import { describe, expect, test } from 'vitest';
import type { ClusterNode } from '../../src/pod/cluster-objects.ts';
import type { PodSpec } from '../../src/pod/pod.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import type { PodFacts } from '../../src/policy/facts.ts';
import type { PolicySettings } from '../../src/policy/settings.ts';
import { linux, RUNWASI_LAYER, wasi } from '../support/image/image-facts.ts';
import { cluster, node, pod, podFacts, runtimeClass, settings } from '../support/pod/pods.ts';

const IMAGES = { file: linux('/app.wasm'), wasi: wasi('/app.wasm'), layer: RUNWASI_LAYER };
const CLASSES = [runtimeClass('wasmedge'), runtimeClass('wasmer')];

interface Setup {
  readonly nodes?: readonly ClusterNode[];
  readonly image?: keyof typeof IMAGES;
  readonly spec?: Partial<PodSpec>;
  readonly policy?: Partial<PolicySettings>;
  readonly facts?: Partial<PodFacts>;
}

function decide({ nodes = [], image = 'file', spec = {}, policy = {}, facts = {} }: Setup) {
  const subject = pod({ containers: [{ image }], spec });
  return evaluate(podFacts(subject, IMAGES, cluster(CLASSES, nodes), facts), settings(policy));
}

function chosen(setup: Setup): string | undefined {
  return decide(setup).runtimeClass.class?.name;
}

const edge = node('edge', { handlers: ['wasmedge'], labels: { pool: 'edge' } });
const core = node('core', { handlers: ['wasmer'], labels: { pool: 'core' } });

/** As the DaemonSet controller creates it, one Pod for each node. */
function daemonPodFor(name: string): Partial<PodSpec> {
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [name] }];
  const requiredDuringSchedulingIgnoredDuringExecution = { nodeSelectorTerms: [{ matchFields }] };
  return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution } } };
}

describe('chooses the class by the nodes that the Pod selects', () => {
  test.each<[string, Setup, string]>([
    ['both have one: by name', { nodes: [edge, core] }, 'wasmedge'],
    [
      "by the Pod's nodeSelector",
      { nodes: [edge, core], spec: { nodeSelector: { pool: 'core' } } },
      'wasmer',
    ],
    ["a DaemonSet's Pod for one node", { nodes: [edge, core], spec: daemonPodFor('core') }, 'wasmer'],
    ["a DaemonSet's Pod for the other", { nodes: [edge, core], spec: daemonPodFor('edge') }, 'wasmedge'],
    ['bound to a node', { nodes: [edge, core], spec: { nodeName: 'core' } }, 'wasmer'],
    [
      'no node that it selects: by name',
      { nodes: [edge, core], spec: { nodeSelector: { pool: 'none' } } },
      'wasmedge',
    ],
    ['the only node is drained', { nodes: [{ ...core, unschedulable: true }] }, 'wasmer'],
    [
      'all nodes with a shim are drained',
      { nodes: [{ ...core, unschedulable: true }, node('plain', { handlers: ['runc'] })] },
      'wasmer',
    ],
    ['one of two is drained', { nodes: [edge, { ...core, unschedulable: true }] }, 'wasmedge'],
    [
      'the operator knows better',
      { nodes: [edge, core], spec: daemonPodFor('core'), policy: { preferRuntimeClasses: ['wasmedge'] } },
      'wasmedge',
    ],
  ])('%s', (_case, setup, name) => {
    expect(chosen(setup)).toBe(name);
  });

  const closed = (name: string, ...handlers: readonly string[]): ClusterNode =>
    node(name, { handlers, taints: [{ key: 'workload', value: 'wasm', effect: 'NoSchedule' }] });
  const tolerations = [{ key: 'workload', operator: 'Exists' as const }];

  test.each<[string, Setup, string]>([
    ['a taint in the way', { nodes: [closed('edge', 'wasmedge'), core] }, 'wasmer'],
    [
      '… that the Pod tolerates',
      { nodes: [closed('edge', 'wasmedge'), core], spec: { tolerations } },
      'wasmedge',
    ],
    [
      '… that the configuration makes it tolerate',
      { nodes: [closed('edge', 'wasmedge'), core], policy: { tolerations } },
      'wasmedge',
    ],
    [
      '… that the configuration makes a Pod of very many tolerations tolerate',
      {
        nodes: [closed('edge', 'wasmedge'), core],
        policy: { tolerations },
        spec: { tolerations: Array.from({ length: 1000 }, (_, index) => ({ key: `other-${index}` })) },
      },
      'wasmedge',
    ],
    ['… on some of the nodes', { nodes: [closed('a', 'wasmedge'), edge, core] }, 'wasmedge'],
    ['… on all nodes of either', { nodes: [closed('a', 'wasmedge'), closed('b', 'wasmer')] }, 'wasmedge'],
    [
      '… of a class that the operator prefers',
      { nodes: [closed('edge', 'wasmedge'), core], policy: { preferRuntimeClasses: ['wasmedge'] } },
      'wasmedge',
    ],
  ])('%s', (_case, setup, name) => {
    expect(chosen(setup)).toBe(name);
  });

  test('a taint that only one class tolerates', () => {
    const tolerant = runtimeClass('tolerant', { handler: 'wasmer', tolerations });
    const view = cluster([runtimeClass('alike', { handler: 'wasmer' }), tolerant], [closed('a', 'wasmer')]);
    const subject = pod({ containers: [{ image: 'file' }] });
    expect(evaluate(podFacts(subject, IMAGES, view), settings()).runtimeClass.class?.name).toBe('tolerant');
  });

  test.each([1, 256])('more classes than wasmgate tries, one of them with a node: %i containers', (count) => {
    const classes = Array.from({ length: 100 }, (_, index) =>
      runtimeClass(`class-${index}`, { handler: 'wasmer', nodeSelector: { pool: `${index}` } }),
    );
    const view = cluster(classes, [node('n', { handlers: ['wasmer'], labels: { pool: '99' } })]);
    const subject = pod({ containers: Array.from({ length: count }, () => ({ image: 'file' })) });
    expect(evaluate(podFacts(subject, IMAGES, view), settings()).runtimeClass.class?.name).toBe('class-99');
  });

  test('keeps the results of a Pod that selects nodes apart from one that does not', () => {
    const view = cluster(CLASSES, [edge, core]);
    const decideFor = (spec: Partial<PodSpec>) =>
      evaluate(podFacts(pod({ containers: [{ image: 'file' }], spec }), IMAGES, view), settings())
        .runtimeClass.class?.name;
    expect([{}, daemonPodFor('core'), {}].map(decideFor)).toEqual(['wasmedge', 'wasmer', 'wasmedge']);
  });

  test('warns about a class whose nodes the Pod does not select', () => {
    const { findings } = decide({
      nodes: [edge, core],
      spec: { runtimeClassName: 'wasmer', nodeSelector: { pool: 'edge' } },
    });
    expect(findings).toContainEqual(
      expect.objectContaining({
        id: 'handler-on-no-node',
        detail: expect.stringContaining('(it has wasmedge)') as string,
        advice: 'Install handler wasmer there, or use another class.',
      }),
    );
  });

  test('names the labels of the class if no node has them', () => {
    const nodeSelector = { 'wasm-runtime': 'enabled', pool: 'wasm' };
    const view = cluster([runtimeClass('wasmer', { nodeSelector })], [core]);
    const facts = podFacts(
      pod({ containers: [{ image: 'file' }], spec: { runtimeClassName: 'wasmer' } }),
      IMAGES,
      view,
    );
    expect(evaluate(facts, settings()).findings).toContainEqual(
      expect.objectContaining({
        id: 'handler-on-no-node',
        detail: expect.stringContaining('no node matches its nodeSelector') as string,
        advice:
          'Label a node that has handler wasmer with pool=wasm,wasm-runtime=enabled, or use another class.',
      }),
    );
  });

  test("advises to change the Pod's own selection if that excludes the nodes", () => {
    const { findings } = decide({
      nodes: [edge, core],
      spec: { runtimeClassName: 'wasmer', nodeSelector: { pool: 'none' } },
    });
    expect(findings).toContainEqual(
      expect.objectContaining({
        id: 'handler-on-no-node',
        advice:
          "Select a node with handler wasmer in the Pod's nodeSelector and affinity, or use another class.",
      }),
    );
  });
});

describe('an image that containerd 2.3 does not unpack gets a class whose nodes do', () => {
  const newer = (name: string, handler: string) =>
    node(name, { handlers: [handler], runtimeVersion: 'containerd://2.3.6' });
  const older = (name: string, handler: string) =>
    node(name, { handlers: [handler], runtimeVersion: 'containerd://2.2.9' });

  test.each<[string, Setup, string]>([
    [
      'to the older nodes',
      { image: 'wasi', nodes: [newer('a', 'wasmedge'), older('b', 'wasmer')] },
      'wasmer',
    ],
    [
      'to the class with fewer of the newer ones',
      { image: 'wasi', nodes: [newer('a', 'wasmedge'), newer('b', 'wasmer'), older('c', 'wasmer')] },
      'wasmer',
    ],
    [
      'by name where none unpacks it',
      { image: 'wasi', nodes: [newer('a', 'wasmedge'), newer('b', 'wasmer')] },
      'wasmedge',
    ],
    [
      'a Linux image does not care',
      { image: 'file', nodes: [newer('a', 'wasmedge'), older('b', 'wasmer')] },
      'wasmedge',
    ],
    [
      'an OCI layer does not care',
      { image: 'layer', nodes: [newer('a', 'wasmedge'), older('b', 'wasmer')] },
      'wasmedge',
    ],
    [
      'a handler that is seen counts for more',
      { image: 'wasi', nodes: [newer('a', 'wasmedge')] },
      'wasmedge',
    ],
  ])('%s', (_case, setup, name) => {
    expect(chosen(setup)).toBe(name);
  });
});

describe('while the RuntimeClasses may be stale', () => {
  const stale = { hasStaleClasses: true };

  test('copies nothing from a class into a Pod', () => {
    expect(decide({ facts: stale }).changes).toEqual([]);
  });

  test('admits a Pod that names its class', () => {
    const paths = decide({ facts: stale, spec: { runtimeClassName: 'wasmer' } }).changes.map(
      ({ path }) => path,
    );
    expect(paths).toContain('/spec/containers/0/resources/limits/memory');
    expect(paths).not.toContain('/spec/runtimeClassName');
  });

  test('denies a Pod without a class, and says why', () => {
    const { findings } = decide({ facts: { ...stale, isMutated: true } });
    const lost = findings.find(({ action }) => action === 'deny');
    expect(lost?.id).toBe('wasm-image-without-runtime-class');
    expect(`${lost?.detail} ${lost?.advice}`).toMatch(/may be out of date.*Apply again in a few seconds/);
  });

  test('injects the class once they are current', () => {
    expect(decide({ facts: { hasStaleClasses: false } }).changes.map(({ path }) => path)).toContain(
      '/spec/runtimeClassName',
    );
  });
});
