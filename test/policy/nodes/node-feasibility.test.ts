import { describe, expect, test } from 'vitest';
import type { ImageFacts } from '../../../src/image/image-facts.ts';
import { parsePlatform } from '../../../src/image/platform.ts';
import type { ClusterNode, RuntimeClass } from '../../../src/pod/cluster-objects.ts';
import type { PodSpec } from '../../../src/pod/pod.ts';
import type { PodFacts } from '../../../src/policy/facts.ts';
import { daemonSetNodes } from '../../../src/policy/nodes/daemon-set-nodes.ts';
import {
  hasNoObstacle,
  nodeFeasibility,
  type NodeFeasibility,
} from '../../../src/policy/nodes/node-feasibility.ts';
import type { PolicySettings } from '../../../src/policy/settings.ts';
import { imageFacts, linux, wasi } from '../../support/image/image-facts.ts';
import { cluster, node, pod, podFacts, runtimeClass, settings } from '../../support/pod/pods.ts';

function index(platforms: readonly string[], isPartial = false): ImageFacts {
  const offered = platforms.flatMap((text) => parsePlatform(text) ?? []);
  return { ...imageFacts(linux('/app.wasm')), offer: { platforms: offered, isPartial } };
}

const IMAGES = {
  single: linux('/app.wasm'),
  amd64: index(['linux/amd64']),
  both: index(['linux/amd64', 'linux/arm64', 'wasi/wasm']),
  arm: index(['linux/arm/v7']),
  windows: index(['windows/amd64']),
  cut: index(['linux/amd64'], true),
  wasi: wasi('/app.wasm'),
};

interface Setup {
  readonly nodes: readonly ClusterNode[];
  readonly images?: readonly (keyof typeof IMAGES)[];
  readonly on?: RuntimeClass | null;
  readonly spec?: Partial<PodSpec>;
  readonly policy?: Partial<PolicySettings>;
}

const WASMTIME = runtimeClass('wasmtime');

function feasibility({ nodes, images = ['single'], on = WASMTIME, spec = {}, policy = {} }: Setup) {
  const subject = pod({ containers: images.map((image) => ({ image })), spec });
  return nodeFeasibility(podFacts(subject, IMAGES, cluster([WASMTIME], nodes)), on, settings(policy));
}

function startable({ groups }: NodeFeasibility): readonly ClusterNode[] {
  return groups.filter(hasNoObstacle).flatMap(({ nodes }) => nodes);
}

/** Returns the kinds of obstacles by node. */
function obstacles(setup: Setup): Readonly<Record<string, readonly string[]>> {
  const groups = feasibility(setup).groups.flatMap(({ nodes, obstacles: found }) =>
    nodes.map(({ name }) => [name, found.map(({ kind }) => kind)] as const),
  );
  return Object.fromEntries(groups);
}

const has = (name: string, parts: Partial<ClusterNode> = {}) =>
  node(name, { handlers: ['wasmtime'], ...parts });
const taint = { key: 'pool', value: 'wasm', effect: 'NoSchedule' };
const NEW = 'containerd://2.3.1';

describe('obstacles on each node', () => {
  test.each<[string, Setup, Readonly<Record<string, readonly string[]>>]>([
    ['none', { nodes: [has('a'), has('b')] }, { a: [], b: [] }],
    ['a node that reports no handlers', { nodes: [node('a')] }, { a: [] }],
    ['another handler', { nodes: [has('a'), node('b', { handlers: ['runc'] })] }, { a: [], b: ['handler'] }],
    ['without a class', { nodes: [node('a', { handlers: ['runc'] })], on: null }, { a: [] }],
    ['a taint', { nodes: [has('a', { taints: [taint] }), has('b')] }, { a: ['taint'], b: [] }],
    [
      'a taint that the class tolerates',
      {
        nodes: [has('a', { taints: [taint] })],
        on: runtimeClass('wasmtime', { tolerations: [{ key: 'pool', operator: 'Exists' }] }),
      },
      { a: [] },
    ],
    [
      'a taint that policy.tolerations tolerate',
      { nodes: [has('a', { taints: [taint] })], policy: { tolerations: [{ operator: 'Exists' }] } },
      { a: [] },
    ],
    [
      'a taint of a bound Pod',
      { nodes: [has('a', { taints: [taint] })], spec: { nodeName: 'a' } },
      { a: [] },
    ],
    ['a cordoned node', { nodes: [has('a', { unschedulable: true }), has('b')] }, { b: [] }],
    [
      "a node that the Pod's nodeSelector excludes",
      { nodes: [has('a', { labels: { x: '1' } }), has('b')], spec: { nodeSelector: { x: '1' } } },
      { a: [] },
    ],
    [
      "a node that the class's nodeSelector excludes",
      {
        nodes: [has('a', { labels: { x: '1' } }), has('b')],
        on: runtimeClass('wasmtime', { nodeSelector: { x: '1' } }),
      },
      { a: [] },
    ],
    [
      'all obstacles at once',
      {
        nodes: [node('a', { handlers: ['runc'], taints: [taint], architecture: 's390x' })],
        images: ['amd64'],
      },
      { a: ['taint', 'handler', 'platform'] },
    ],
    [
      'a Wasm platform that is not unpacked',
      { nodes: [has('a', { runtimeVersion: NEW }), has('b')], images: ['wasi'] },
      { a: ['unpacking'], b: [] },
    ],
    [
      'a Wasm platform that the nodes unpack, as the operator confirms',
      {
        nodes: [has('a', { runtimeVersion: NEW })],
        images: ['wasi'],
        policy: { handlers: { wasmtime: { like: 'wasmtime', unpacksWasiImages: true } } },
      },
      { a: [] },
    ],
  ])('%s', (_case, setup, expected) => {
    expect(obstacles(setup)).toEqual(expected);
  });

  const MIXED = [has('x86'), has('arm', { architecture: 'arm64' }), has('old', { architecture: '' })];

  test.each<[string, readonly (keyof typeof IMAGES)[], readonly string[]]>([
    ['a single manifest', ['single'], ['x86', 'arm', 'old']],
    ['an index for both', ['both'], ['x86', 'arm', 'old']],
    ['an index for one', ['amd64'], ['x86', 'old']],
    ['an index for one beside a single manifest', ['single', 'amd64'], ['x86', 'old']],
    ['an index for 32 bits', ['arm'], ['arm', 'old']],
    ['an index for another system', ['windows'], ['old']],
    ['an index that is only partly known', ['cut'], ['x86', 'arm', 'old']],
    ['two for different nodes', ['amd64', 'arm'], ['old']],
  ])('nodes that can pull %s', (_case, images, names) => {
    expect(startable(feasibility({ nodes: MIXED, images })).map(({ name }) => name)).toEqual(names);
  });

  test('names the container whose image a node cannot pull', () => {
    const [group] = feasibility({
      nodes: [has('a', { architecture: 'arm64' })],
      images: ['both', 'amd64'],
    }).groups;
    expect(group?.obstacles).toEqual([
      { kind: 'platform', containers: [expect.objectContaining({ image: 'amd64' })] },
    ]);
  });
});

test.each<[string, readonly ClusterNode[], boolean]>([
  ['none', [], false],
  ['cordoned nodes only', [has('a', { unschedulable: true })], false],
  ['krustlets only', [has('a', { labels: { 'kubernetes.io/arch': 'wasm32-wasi' } })], false],
  ['a schedulable node', [has('a')], true],
])('nodes are known: %s', (_case, nodes, isKnown) => {
  expect(feasibility({ nodes })).toMatchObject({ isKnown });
});

describe('caching', () => {
  test('evaluates equal nodes once, and shares the result between classes of equal placement', () => {
    const nodes = Array.from({ length: 100 }, (_, count) => has(`n${count}`));
    const facts = podFacts(pod({ containers: [{ image: 'single' }] }), IMAGES, cluster([], nodes));
    const policy = settings();
    const first = nodeFeasibility(facts, runtimeClass('one', { handler: 'wasmtime' }), policy);
    expect(first.groups).toHaveLength(1);
    expect(nodeFeasibility(facts, runtimeClass('two', { handler: 'wasmtime' }), policy)).toBe(first);
    expect(nodeFeasibility(facts, runtimeClass('wasmedge'), policy)).not.toBe(first);
    const [ab, ba] = [
      { a: '1', b: '2' },
      { b: '2', a: '1' },
    ].map((nodeSelector) =>
      nodeFeasibility(facts, runtimeClass('three', { handler: 'wasmtime', nodeSelector }), policy),
    );
    expect(ba).toBe(ab);
  });

  test.each<[string, (facts: PodFacts) => unknown]>([
    ['without a controller', (facts) => nodeFeasibility(facts, WASMTIME, settings())],
    [
      'of a DaemonSet',
      (facts) =>
        daemonSetNodes({
          ...facts,
          settings: settings(),
          wasmContainers: [],
          resolved: { origin: 'pod', class: WASMTIME, profile: null },
        }),
    ],
  ])('tests a toleration once for each kind of node: a Pod %s', (_case, ask) => {
    let reads = 0;
    const tolerations = Array.from({ length: 100 }, (_, count) => ({
      get key() {
        reads += 1;
        return `k${count}`;
      },
    }));
    const nodes = Array.from({ length: 1000 }, (_, count) => has(`n${count}`, { taints: [taint] }));
    const facts = podFacts(pod({ containers: [{ image: 'single' }] }), IMAGES, cluster([], nodes));
    const spec = { ...facts.pod.spec, tolerations };
    const metadata = { ownerReferences: [{ kind: 'DaemonSet' }] };
    reads = 0;
    ask({ ...facts, pod: { ...facts.pod, spec, metadata } });
    expect(reads).toBeGreaterThan(0);
    expect(reads).toBeLessThan(10 * tolerations.length);
  });

  test('reads the labels of nodes once for all classes that select the same label', () => {
    let reads = 0;
    const nodes = Array.from({ length: 100 }, (_, count) => ({
      ...has(`n${count}`),
      get labels() {
        reads += 1;
        return { pool: `p${count}` };
      },
    }));
    const facts = podFacts(pod({ containers: [{ image: 'single' }] }), IMAGES, cluster([], nodes));
    const found = Array.from({ length: 100 }, (_, count) =>
      nodeFeasibility(facts, runtimeClass('wasmtime', { nodeSelector: { pool: `p${count}` } }), settings()),
    );
    expect(found.map(({ within }) => within.map(({ name }) => name))).toEqual(
      nodes.map(({ name }) => [name]),
    );
    expect(reads).toBeLessThan(10 * nodes.length);
  });

  test('another Pod, cluster or configuration gets its own result', () => {
    const view = cluster([], [has('a', { taints: [taint] })]);
    const facts = podFacts(pod({ containers: [{ image: 'single' }] }), IMAGES, view);
    const count = (other: PodFacts, policy: Partial<PolicySettings> = {}): number =>
      startable(nodeFeasibility(other, WASMTIME, settings(policy))).length;
    const tolerations = [{ operator: 'Exists' as const }];
    const tolerant = { ...facts.pod, spec: { ...facts.pod.spec, tolerations } };
    expect([
      count(facts),
      count({ ...facts, pod: tolerant }),
      count({ ...facts, cluster: cluster([], [has('a')]) }),
      count(facts, { tolerations }),
      count(facts),
    ]).toEqual([0, 1, 1, 1, 0]);
  });
});
