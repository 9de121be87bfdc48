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

/** Returns the spec of the Pod that the DaemonSet controller creates for a node. */
function daemonPodFor(name: string): Partial<PodSpec> {
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [name] }];
  const requiredDuringSchedulingIgnoredDuringExecution = { nodeSelectorTerms: [{ matchFields }] };
  return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution } } };
}

describe('the class is chosen by the nodes that the Pod selects', () => {
  test.each<[string, Setup, string]>([
    ['both classes have a node: by name', { nodes: [edge, core] }, 'wasmedge'],
    [
      "by the Pod's nodeSelector",
      { nodes: [edge, core], spec: { nodeSelector: { pool: 'core' } } },
      'wasmer',
    ],
    ["a DaemonSet's Pod for one node", { nodes: [edge, core], spec: daemonPodFor('core') }, 'wasmer'],
    ["a DaemonSet's Pod for the other", { nodes: [edge, core], spec: daemonPodFor('edge') }, 'wasmedge'],
    ['bound to a node', { nodes: [edge, core], spec: { nodeName: 'core' } }, 'wasmer'],
    [
      'the Pod selects no node: by name',
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
      'the class that the operator prefers',
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
    ['a taint that the Pod does not tolerate', { nodes: [closed('edge', 'wasmedge'), core] }, 'wasmer'],
    [
      'a taint that the Pod tolerates',
      { nodes: [closed('edge', 'wasmedge'), core], spec: { tolerations } },
      'wasmedge',
    ],
    [
      'a taint with a configured toleration',
      { nodes: [closed('edge', 'wasmedge'), core], policy: { tolerations } },
      'wasmedge',
    ],
    [
      'a taint with a configured toleration, in a Pod with 1000 tolerations',
      {
        nodes: [closed('edge', 'wasmedge'), core],
        policy: { tolerations },
        spec: { tolerations: Array.from({ length: 1000 }, (_, index) => ({ key: `other-${index}` })) },
      },
      'wasmedge',
    ],
    ['a taint on some of the nodes', { nodes: [closed('a', 'wasmedge'), edge, core] }, 'wasmedge'],
    [
      'a taint on all nodes of both classes',
      { nodes: [closed('a', 'wasmedge'), closed('b', 'wasmer')] },
      'wasmedge',
    ],
    [
      'a taint on the node of the class that the operator prefers',
      { nodes: [closed('edge', 'wasmedge'), core], policy: { preferRuntimeClasses: ['wasmedge'] } },
      'wasmedge',
    ],
  ])('%s', (_case, setup, name) => {
    expect(chosen(setup)).toBe(name);
  });

  test('a taint that only one class tolerates decides', () => {
    const tolerant = runtimeClass('tolerant', { handler: 'wasmer', tolerations });
    const view = cluster([runtimeClass('alike', { handler: 'wasmer' }), tolerant], [closed('a', 'wasmer')]);
    const subject = pod({ containers: [{ image: 'file' }] });
    expect(evaluate(podFacts(subject, IMAGES, view), settings()).runtimeClass.class?.name).toBe('tolerant');
  });

  test.each([1, 256])(
    'the only class with a node is found among more than wasmgate tries: %i containers',
    (count) => {
      const classes = Array.from({ length: 100 }, (_, index) =>
        runtimeClass(`class-${index}`, { handler: 'wasmer', nodeSelector: { pool: `${index}` } }),
      );
      const view = cluster(classes, [node('n', { handlers: ['wasmer'], labels: { pool: '99' } })]);
      const subject = pod({ containers: Array.from({ length: count }, () => ({ image: 'file' })) });
      expect(evaluate(podFacts(subject, IMAGES, view), settings()).runtimeClass.class?.name).toBe('class-99');
    },
  );

  test('Pods with different node selections do not share a cached choice', () => {
    const view = cluster(CLASSES, [edge, core]);
    const decideFor = (spec: Partial<PodSpec>) =>
      evaluate(podFacts(pod({ containers: [{ image: 'file' }], spec }), IMAGES, view), settings())
        .runtimeClass.class?.name;
    expect([{}, daemonPodFor('core'), {}].map(decideFor)).toEqual(['wasmedge', 'wasmer', 'wasmedge']);
  });

  test('a class whose nodes the Pod does not select gets a warning', () => {
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

  test('the fix names the labels of the class if no node has them', () => {
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

  test("the fix is to change the Pod's own selection if that excludes the nodes", () => {
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

describe('the choice of a class for an image that containerd 2.3 does not unpack', () => {
  const newer = (name: string, handler: string) =>
    node(name, { handlers: [handler], runtimeVersion: 'containerd://2.3.6' });
  const older = (name: string, handler: string) =>
    node(name, { handlers: [handler], runtimeVersion: 'containerd://2.2.9' });

  test.each<[string, Setup, string]>([
    [
      'the class with older nodes',
      { image: 'wasi', nodes: [newer('a', 'wasmedge'), older('b', 'wasmer')] },
      'wasmer',
    ],
    [
      'the class with fewer newer nodes',
      { image: 'wasi', nodes: [newer('a', 'wasmedge'), newer('b', 'wasmer'), older('c', 'wasmer')] },
      'wasmer',
    ],
    [
      'by name if no node unpacks the image',
      { image: 'wasi', nodes: [newer('a', 'wasmedge'), newer('b', 'wasmer')] },
      'wasmedge',
    ],
    [
      'a Linux image is not affected',
      { image: 'file', nodes: [newer('a', 'wasmedge'), older('b', 'wasmer')] },
      'wasmedge',
    ],
    [
      'an OCI layer is not affected',
      { image: 'layer', nodes: [newer('a', 'wasmedge'), older('b', 'wasmer')] },
      'wasmedge',
    ],
    [
      'a handler on a newer node before one on no node',
      { image: 'wasi', nodes: [newer('a', 'wasmedge')] },
      'wasmedge',
    ],
  ])('%s', (_case, setup, name) => {
    expect(chosen(setup)).toBe(name);
  });
});

describe('if the RuntimeClasses may be stale', () => {
  const stale = { hasStaleClasses: true };

  test('nothing is copied from a class into a Pod', () => {
    expect(decide({ facts: stale }).changes).toEqual([]);
  });

  test('a Pod that names its class is admitted', () => {
    const paths = decide({ facts: stale, spec: { runtimeClassName: 'wasmer' } }).changes.map(
      ({ path }) => path,
    );
    expect(paths).toContain('/spec/containers/0/resources/limits/memory');
    expect(paths).not.toContain('/spec/runtimeClassName');
  });

  test('a Pod without a class is denied with the reason', () => {
    const { findings } = decide({ facts: { ...stale, isMutated: true } });
    const lost = findings.find(({ action }) => action === 'deny');
    expect(lost?.id).toBe('wasm-image-without-runtime-class');
    expect(`${lost?.detail} ${lost?.advice}`).toMatch(/may be out of date.*Apply again in a few seconds/);
  });

  test('a class is injected again after they are current', () => {
    expect(decide({ facts: { hasStaleClasses: false } }).changes.map(({ path }) => path)).toContain(
      '/spec/runtimeClassName',
    );
  });
});
