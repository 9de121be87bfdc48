import { describe, expect, test } from 'vitest';
import type { ClassUse } from '../../../src/audit/capabilities/class-capability.ts';
import {
  clusterCapabilities,
  type ClusterCapabilities,
} from '../../../src/audit/capabilities/cluster-capabilities.ts';
import type { ClusterNode, RuntimeClass } from '../../../src/pod/cluster-objects.ts';
import type { PolicySettings } from '../../../src/policy/settings.ts';
import { cluster, node, runtimeClass, settings } from '../../support/pod/pods.ts';

interface Setup {
  readonly classes?: readonly RuntimeClass[];
  readonly nodes?: readonly ClusterNode[];
  readonly use?: Readonly<Record<string, ClassUse>> | null;
  readonly isKnown?: { readonly classes: boolean; readonly nodes: boolean };
  readonly policy?: Partial<PolicySettings>;
}

function capabilities({ classes = [], nodes = [], use = {}, isKnown, policy }: Setup): ClusterCapabilities {
  return clusterCapabilities({
    cluster: cluster(classes, nodes),
    settings: settings(policy),
    use: use === null ? null : new Map(Object.entries(use)),
    isKnown: isKnown ?? { classes: true, nodes: true },
  });
}

const SPIN = runtimeClass('spin');
const TAINT = { key: 'pool', value: 'wasm', effect: 'NoSchedule' };
const has = (name: string, parts: Partial<ClusterNode> = {}): ClusterNode =>
  node(name, { handlers: ['runc', 'spin'], ...parts });
const lacks = (name: string, parts: Partial<ClusterNode> = {}): ClusterNode =>
  node(name, { handlers: ['runc'], ...parts });

describe('a class and the nodes', () => {
  interface Case {
    readonly title: string;
    readonly nodes: readonly ClusterNode[];
    readonly on?: Partial<RuntimeClass>;
    readonly policy?: Partial<PolicySettings>;
    readonly counts: readonly [
      selected: number,
      has: number,
      lacks: number,
      unreported: number,
      tainted: number,
    ];
    readonly problems: readonly string[];
  }
  test.each<Case>([
    {
      title: 'every node has the handler',
      nodes: [has('a'), has('b')],
      counts: [2, 2, 0, 0, 0],
      problems: [],
    },
    {
      title: 'one node lacks it',
      nodes: [has('a'), lacks('b')],
      counts: [2, 1, 1, 0, 0],
      problems: ['some-nodes-lack-it'],
    },
    {
      title: 'no node has it',
      nodes: [lacks('a'), lacks('b')],
      counts: [2, 0, 2, 0, 0],
      problems: ['no-node'],
    },
    {
      title: 'a node that does not report its handlers may have it',
      nodes: [lacks('a'), node('b')],
      counts: [2, 0, 1, 1, 0],
      problems: [],
    },
    {
      title: 'only nodes that the class does not select have it',
      nodes: [has('a'), lacks('b', { labels: { pool: 'x' } })],
      on: { nodeSelector: { pool: 'x' } },
      counts: [1, 0, 1, 0, 0],
      problems: ['out-of-reach'],
    },
    {
      title: 'the class selects no node',
      nodes: [has('a')],
      on: { nodeSelector: { pool: 'x' } },
      counts: [0, 0, 0, 0, 0],
      problems: ['out-of-reach'],
    },
    {
      title: 'the class does not tolerate the taint of the only node with it',
      nodes: [has('a', { taints: [TAINT] }), lacks('b')],
      counts: [2, 0, 1, 0, 1],
      problems: ['out-of-reach'],
    },
    {
      title: 'the class tolerates it',
      nodes: [has('a', { taints: [TAINT] })],
      on: { tolerations: [{ key: 'pool', operator: 'Exists' }] },
      counts: [1, 1, 0, 0, 0],
      problems: [],
    },
    {
      title: 'wasmgate gives Wasm Pods the toleration',
      nodes: [has('a', { taints: [TAINT] })],
      policy: { tolerations: [{ key: 'pool', operator: 'Exists' }] },
      counts: [1, 1, 0, 0, 0],
      problems: [],
    },
    {
      title: 'a cordoned node does not count',
      nodes: [has('a', { unschedulable: true })],
      counts: [0, 0, 0, 0, 0],
      problems: [],
    },
  ])('$title', ({ nodes, on = {}, policy = {}, counts, problems }) => {
    const { classes } = capabilities({ classes: [{ ...SPIN, ...on }], nodes, policy });
    const [found] = classes ?? [];
    const { selected, withHandler, withoutHandler, unreported, tainted } = found?.nodes ?? {};
    expect([selected, withHandler, withoutHandler, unreported, tainted]).toEqual(counts);
    expect(found?.problems.map(({ id }) => id)).toEqual(problems);
  });

  test('a problem is a warning, and only info for a class that nothing uses', () => {
    const severities = (use: Setup['use']): unknown =>
      capabilities({ classes: [SPIN], nodes: [lacks('a')], use: use ?? null }).classes?.[0]?.problems[0]
        ?.severity;
    expect(severities({ spin: { named: 0, chosen: 1 } })).toBe('warning');
    expect(severities({})).toBe('info');
    expect(severities(null)).toBe('warning');
  });
});

describe('what could not be listed', () => {
  test('without nodes, nothing is said about them', () => {
    const found = capabilities({ classes: [SPIN], isKnown: { classes: true, nodes: false } });
    expect(found).toMatchObject({ runtimes: null, effects: [], handlersWithoutClass: null });
    expect(found.classes?.[0]).toMatchObject({ nodes: null, problems: [] });
  });

  test('without classes, no handler is said to lack one', () => {
    const found = capabilities({ nodes: [has('a')], isKnown: { classes: false, nodes: true } });
    expect(found).toMatchObject({ classes: null, handlersWithoutClass: null });
    expect(found.runtimes).toHaveLength(1);
  });

  test('the use of a class is unknown if the audit did not cover the cluster', () => {
    expect(capabilities({ classes: [SPIN], use: null }).classes?.[0]?.use).toBeNull();
    expect(capabilities({ classes: [SPIN] }).classes?.[0]?.use).toEqual({ named: 0, chosen: 0 });
  });
});

test('what a handler runs follows its profile, with the operator’s own', () => {
  const policy = { handlers: { mine: { like: 'crun', title: 'our crun', annotationArrives: true } } };
  const classes = ['crun', 'mine', 'nvidia', 'runc', 'spin', 'strange'].map((name) => runtimeClass(name));
  const found = Object.fromEntries(
    (capabilities({ classes, policy }).classes ?? []).map(({ name, title, isForWasm, runs }) => [
      name,
      [title, isForWasm, runs?.moduleFile ?? null, runs?.spin ?? null],
    ]),
  );
  expect(found).toEqual({
    crun: ['crun', true, 'conditional', 'no'],
    mine: ['our crun', true, 'yes', 'no'],
    nvidia: [null, false, null, null],
    runc: ['runc', false, 'no', 'no'],
    spin: ['the Spin shim', true, 'no', 'yes'],
    strange: [null, null, null, null],
  });
});

test('handlers without a class are those that no class names, by handler and not by name', () => {
  const classes = [runtimeClass('other', { handler: 'spin' })];
  const nodes = [has('a'), has('b'), lacks('c'), node('d', { handlers: ['spin', 'wasmtime'] })];
  expect(
    capabilities({ classes, nodes }).handlersWithoutClass?.map(({ handler, nodes: count }) => [
      handler,
      count,
    ]),
  ).toEqual([
    ['runc', 3],
    ['wasmtime', 1],
  ]);
});

describe('nodes by runtime', () => {
  test('5,000 nodes become a group for each release and platform', () => {
    const nodes = Array.from({ length: 5000 }, (_, index) =>
      lacks(`n${index}`, {
        runtimeVersion: `containerd://${index % 2 === 0 ? '2.2' : '1.7'}.${index % 9}`,
        architecture: index % 10 === 0 ? 'arm64' : 'amd64',
        unschedulable: index === 0,
        handlers: index % 5 === 0 ? null : ['runc'],
      }),
    );
    expect(capabilities({ nodes }).runtimes).toEqual([
      {
        runtime: 'containerd',
        release: '1.7',
        platform: 'linux/amd64',
        nodes: 2500,
        cordoned: 0,
        unreported: 500,
        handlers: { runc: 2000 },
      },
      {
        runtime: 'containerd',
        release: '2.2',
        platform: 'linux/amd64',
        nodes: 2000,
        cordoned: 0,
        unreported: 0,
        handlers: { runc: 2000 },
      },
      {
        runtime: 'containerd',
        release: '2.2',
        platform: 'linux/arm64',
        nodes: 500,
        cordoned: 1,
        unreported: 500,
        handlers: {},
      },
    ]);
  });

  test.each([
    ['containerd://v2.3.4-k3s1.36', 'containerd', '2.3'],
    ['cri-o://1.34.0', 'cri-o', '1.34'],
    ['docker://27.0.1', 'docker', '27.0'],
    ['', 'other', null],
    ['containerd://main', 'other', null],
    ['mine://1.2.3', 'other', null],
  ])('%s is %s %s', (runtimeVersion, runtime, release) => {
    const { runtimes } = capabilities({ nodes: [lacks('a', { runtimeVersion })] });
    expect(runtimes).toMatchObject([{ runtime, release }]);
  });
});

describe('what a runtime means for Wasm images', () => {
  const effectsOf = (parts: Partial<ClusterNode>, policy: Partial<PolicySettings> = {}) =>
    capabilities({ nodes: [has('a', parts)], policy }).effects.map(({ id }) => id);

  test.each<[string, Partial<ClusterNode>, readonly string[]]>([
    ['containerd 2.2', { runtimeVersion: 'containerd://2.2.9' }, []],
    ['containerd 2.3', { runtimeVersion: 'containerd://2.3.0' }, ['wasm-platforms-not-unpacked']],
    ['containerd 1.7.6', { runtimeVersion: 'containerd://1.7.6' }, ['wasm-layers-not-supported']],
    ['containerd 1.7.7', { runtimeVersion: 'containerd://1.7.7' }, []],
    ['containerd 1.6.24', { runtimeVersion: 'containerd://1.6.24' }, ['wasm-layers-not-supported']],
    ['containerd 1.6.25', { runtimeVersion: 'containerd://1.6.25' }, []],
    ['containerd 1.5', { runtimeVersion: 'containerd://1.5.18' }, ['wasm-layers-not-supported']],
    ['a node that reports no handlers', { handlers: null }, ['handlers-not-reported']],
    ['crun', { handlers: ['crun'] }, ['annotation-filtered']],
    ['CRI-O', { runtimeVersion: 'cri-o://1.34.0' }, ['oci-runtimes-only']],
  ])('%s', (_, parts, expected) => {
    expect(effectsOf(parts)).toEqual([...expected, 'index-takes-linux-entry']);
  });

  test.each<[string, Partial<ClusterNode>, readonly string[]]>([
    ['docker', { runtimeVersion: 'docker://27.0.1' }, ['handlers-not-supported']],
    ['a krustlet', { labels: { 'kubernetes.io/arch': 'wasm32-wasi' } }, ['krustlet-only']],
    ['Windows', { labels: { 'kubernetes.io/os': 'windows' } }, []],
    ['an unknown runtime', { runtimeVersion: '' }, []],
  ])('%s', (_, parts, expected) => {
    expect(effectsOf(parts)).toEqual(expected);
  });

  test('what the operator confirmed is no effect', () => {
    const handlers = {
      spin: { like: 'spin', unpacksWasiImages: true },
      crun: { like: 'crun', unpacksWasiImages: true, annotationArrives: true },
    };
    const parts = { handlers: ['runc', 'spin', 'crun'], runtimeVersion: 'containerd://2.3.0' };
    expect(effectsOf(parts, { handlers })).toEqual(['index-takes-linux-entry']);
  });

  test('an effect names its runtimes once, and counts their nodes', () => {
    const versions = ['containerd://2.3.0', 'containerd://2.3.1', 'containerd://2.4.0', 'containerd://2.2.0'];
    const nodes = versions.map((runtimeVersion, index) => has(`n${index}`, { runtimeVersion }));
    expect(capabilities({ nodes }).effects[0]).toMatchObject({
      id: 'wasm-platforms-not-unpacked',
      runtimes: ['containerd 2.3', 'containerd 2.4'],
      nodes: 3,
      advice: expect.stringContaining('--platform linux/amd64'),
    });
  });
});
