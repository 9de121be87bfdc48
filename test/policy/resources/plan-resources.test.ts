import { describe, expect, test } from 'vitest';
import type { LimitRange } from '../../../src/pod/cluster-objects.ts';
import type { ResourceRequirements } from '../../../src/pod/pod.ts';
import { limitRange } from '../../support/pod/pods.ts';
import {
  plan,
  GO,
  HUGE,
  layerImage,
  LINUX,
  podOf,
  type Planned,
  SMALL,
  tarImage,
  type PodSketch,
  type Settings,
  type Sketch,
  type Surroundings,
} from '../resource-pods.ts';

/** Returns changes like `limits/memory=64Mi`, in order, for a Pod of one main container. */
function valuesOf({ changes }: Planned): readonly string[] {
  return changes.map(
    ({ path, value }) => `${path.replace('/spec/containers/0/resources/', '')}=${String(value)}`,
  );
}

function one(sketch: Sketch, surroundings: Surroundings & PodSketch = {}): Planned {
  return plan(podOf([sketch], surroundings), [sketch], surroundings);
}

const ALL_DEFAULTED = 'cpu, memory request for container c0; cpu, memory limit for container c0';

describe('no values: the tier, or the floor if that is more', () => {
  test.each<[string, Sketch, Surroundings, readonly string[]]>([
    [
      'a small module',
      { image: SMALL },
      {},
      ['requests/cpu=50m', 'limits/cpu=200m', 'requests/memory=16Mi', 'limits/memory=64Mi'],
    ],
    [
      'a Go module on crun',
      { image: GO },
      {},
      ['requests/cpu=50m', 'limits/cpu=200m', 'requests/memory=16Mi', 'limits/memory=96Mi'],
    ],
    [
      'a Go module on wasmtime, compiled at every start: more CPU, and memory for one thread',
      { image: GO },
      { handler: 'wasmtime' },
      ['requests/cpu=50m', 'limits/cpu=1', 'requests/memory=16Mi', 'limits/memory=112Mi'],
    ],
    [
      'a large module on wasmtime: never more than one core',
      { image: tarImage(4) },
      { handler: 'wasmtime' },
      ['requests/cpu=50m', 'limits/cpu=1', 'requests/memory=16Mi', 'limits/memory=472Mi'],
    ],
    [
      'tier ai on wasmtime: one core, or the floor would grow with the node',
      { image: GO },
      { handler: 'wasmtime', settings: { tier: 'ai', cpuLimit: true } },
      ['requests/cpu=500m', 'limits/cpu=1', 'requests/memory=128Mi', 'limits/memory=512Mi'],
    ],
    [
      'without CPU limits the largest node counts',
      { image: GO },
      { handler: 'wasmtime', settings: { tier: 'standard', cpuLimit: false }, cores: '16' },
      ['requests/cpu=50m', 'requests/memory=16Mi', 'limits/memory=216Mi'],
    ],
    [
      'without CPU limits and nodes the largest measured one',
      { image: GO },
      { handler: 'wasmtime', settings: { tier: 'standard', cpuLimit: false }, cores: null },
      ['requests/cpu=50m', 'requests/memory=16Mi', 'limits/memory=328Mi'],
    ],
    [
      'a Wasm layer on wasmtime: compiled outside the limit',
      { image: layerImage(2.6) },
      { handler: 'wasmtime' },
      ['requests/cpu=50m', 'limits/cpu=200m', 'requests/memory=16Mi', 'limits/memory=64Mi'],
    ],
    [
      'a handler that was not measured',
      { image: SMALL },
      { handler: 'wasmer' },
      ['requests/cpu=50m', 'limits/cpu=200m', 'requests/memory=16Mi', 'limits/memory=128Mi'],
    ],
    [
      'tier edge, raised to the floor',
      { image: SMALL },
      { settings: { tier: 'edge', cpuLimit: true } },
      ['requests/cpu=50m', 'limits/cpu=50m', 'requests/memory=10Mi', 'limits/memory=16Mi'],
    ],
    ['tier none', { image: SMALL }, { settings: { tier: 'none', cpuLimit: true } }, []],
    ['a Linux container', { image: LINUX }, {}, []],
  ])('%s', (_case, sketch, surroundings, expected) => {
    const result = one(sketch, surroundings);
    expect(valuesOf(result)).toEqual(expected);
    expect(result.findings).toEqual([]);
    expect(result.changes.every(({ op }) => op === 'add')).toBe(true);
  });

  test('the reason says why the floor is more than the tier', () => {
    const limit = one({ image: GO }).changes.find(({ path }) => path.endsWith('limits/memory'));
    expect(limit?.reason).toContain('tier standard has 64Mi');
  });
});

describe("keeps the user's values", () => {
  const full = { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: 2, memory: '1Gi' } };

  test.each<[string, ResourceRequirements, readonly string[]]>([
    ['everything', full, []],
    [
      'a request above the tier lifts the limit',
      { requests: { cpu: '1', memory: '300Mi' } },
      ['limits/cpu=1', 'limits/memory=300Mi'],
    ],
    [
      'a limit alone, which the API server copies into the request',
      { limits: { cpu: '2', memory: '90Mi' } },
      [],
    ],
    [
      'one of the two resources',
      { requests: { cpu: '10m' }, limits: { cpu: '10m' } },
      ['requests/memory=16Mi', 'limits/memory=64Mi'],
    ],
    ['a broken quantity is left to the API server', { limits: { cpu: '1', memory: 'lots' } }, []],
    [
      'empty objects and nulls count as nothing',
      { requests: null, limits: {} },
      ['requests/cpu=50m', 'limits/cpu=200m', 'requests/memory=16Mi', 'limits/memory=64Mi'],
    ],
  ])('%s', (_case, resources, expected) => {
    expect(valuesOf(one({ image: SMALL, resources }))).toEqual(expected);
  });

  test("derives the compile threads from the user's CPU limit", () => {
    const resources = { requests: { cpu: '100m' }, limits: { cpu: '16' } };
    const result = one({ image: GO, resources }, { handler: 'wasmtime', cores: '64' });
    expect(valuesOf(result)).toEqual(['requests/memory=16Mi', 'limits/memory=216Mi']);
  });
});

describe('lowers LimitRange defaults', () => {
  const defaults = { requests: { cpu: '100m', memory: '256Mi' }, limits: { cpu: '500m', memory: '512Mi' } };

  test('to the tier', () => {
    const result = one({ image: SMALL, resources: defaults }, { defaulted: ALL_DEFAULTED });
    expect(valuesOf(result)).toEqual([
      'requests/cpu=50m',
      'limits/cpu=200m',
      'requests/memory=16Mi',
      'limits/memory=64Mi',
    ]);
    expect(result.changes.every(({ op }) => op === 'replace')).toBe(true);
    expect(result.changes[3]?.reason).toBe('tier standard, instead of 512Mi from a LimitRange');
  });

  test('to the floor', () => {
    const result = one({ image: GO, resources: defaults }, { defaulted: ALL_DEFAULTED });
    expect(valuesOf(result)).toContain('limits/memory=96Mi');
  });

  test('only values that the annotation names', () => {
    const result = one({ image: SMALL, resources: defaults }, { defaulted: 'cpu limit for container c0' });
    expect(valuesOf(result)).toEqual(['limits/cpu=200m']);
  });

  test('never raises them, since the LimitRange may forbid more; reports one that is too low', () => {
    const low = { requests: { cpu: '10m', memory: '8Mi' }, limits: { cpu: '100m', memory: '32Mi' } };
    const result = one({ image: GO, resources: low }, { defaulted: ALL_DEFAULTED });
    expect(result.changes).toEqual([]);
    expect(result.findings).toMatchObject([{ id: 'memory-below-floor', container: 'c0' }]);
    expect(result.findings[0]?.detail).toContain('32Mi from a LimitRange');
  });

  test('init containers and native sidecars, by their own clause', () => {
    const sketches: readonly Sketch[] = [
      { image: LINUX },
      { image: SMALL, resources: defaults, kind: 'init' },
      { image: SMALL, resources: defaults, kind: 'sidecar' },
    ];
    const pod = podOf(sketches, {
      defaulted: 'memory limit for init container c1; memory limit for container c2',
    });
    expect(plan(pod, sketches).changes.map(({ path }) => path)).toEqual([
      '/spec/initContainers/0/resources/limits/memory',
    ]);
  });
});

describe('keeps within pod-level resources', () => {
  test.each<[string, Sketch, ResourceRequirements, readonly string[]]>([
    [
      'a limit under the tier',
      { image: SMALL },
      { limits: { memory: '32Mi' } },
      ['requests/cpu=50m', 'limits/cpu=200m', 'requests/memory=16Mi', 'limits/memory=32Mi'],
    ],
    [
      'a request under the tier',
      { image: SMALL },
      { requests: { cpu: '20m', memory: '8Mi' } },
      ['requests/cpu=20m', 'limits/cpu=200m', 'requests/memory=8Mi', 'limits/memory=64Mi'],
    ],
    [
      'more than enough',
      { image: SMALL },
      { limits: { cpu: '4', memory: '1Gi' } },
      ['requests/cpu=50m', 'limits/cpu=200m', 'requests/memory=16Mi', 'limits/memory=64Mi'],
    ],
  ])('%s', (_case, sketch, resources, expected) => {
    const result = one(sketch, { resources });
    expect(valuesOf(result)).toEqual(expected);
    expect(result.findings).toEqual([]);
  });

  test('a limit below the floor: sets nothing, with a finding', () => {
    const result = one({ image: GO }, { resources: { limits: { memory: '64Mi' } } });
    expect(valuesOf(result)).toEqual(['requests/cpu=50m', 'limits/cpu=200m']);
    expect(result.findings).toMatchObject([{ id: 'limits-conflict', container: 'c0' }]);
  });

  test('a request that other containers use up', () => {
    const sketches: readonly Sketch[] = [
      { image: SMALL },
      { image: LINUX, resources: { requests: { memory: '128Mi' } } },
    ];
    const result = plan(podOf(sketches, { resources: { requests: { memory: '128Mi' } } }), sketches);
    expect(valuesOf(result)).toEqual(['requests/cpu=50m', 'limits/cpu=200m']);
    expect(result.findings).toMatchObject([{ id: 'limits-conflict' }]);
  });

  test('a request that an init container uses up, for the sidecar beside it', () => {
    const sketches: readonly Sketch[] = [
      { image: LINUX, resources: { requests: { memory: '20Mi' } } },
      { image: SMALL, kind: 'sidecar' },
      { image: LINUX, resources: { requests: { memory: '90Mi' } }, kind: 'init' },
    ];
    const { changes } = plan(podOf(sketches, { resources: { requests: { memory: '100Mi' } } }), sketches);
    const requests = changes.filter(({ path }) => path.endsWith('requests/memory'));
    expect(requests.map(({ path, value }) => `${path}=${String(value)}`)).toEqual([
      '/spec/initContainers/0/resources/requests/memory=10Mi',
    ]);
  });

  test('two Wasm containers share the rest', () => {
    const sketches: readonly Sketch[] = [{ image: SMALL }, { image: SMALL }];
    const { changes } = plan(podOf(sketches, { resources: { requests: { memory: '21Mi' } } }), sketches);
    const requests = changes.filter(({ path }) => path.endsWith('requests/memory'));
    expect(requests.map(({ value }) => value)).toEqual(['10Mi', '10Mi']);
  });

  test('lowers defaults that would make the Pod invalid', () => {
    const resources = {
      requests: { cpu: '100m', memory: '256Mi' },
      limits: { cpu: '500m', memory: '512Mi' },
    };
    const result = one(
      { image: SMALL, resources },
      { defaulted: ALL_DEFAULTED, resources: { limits: { memory: '128Mi' }, requests: { memory: '128Mi' } } },
    );
    expect(valuesOf(result)).toContain('requests/memory=16Mi');
    expect(valuesOf(result)).toContain('limits/memory=64Mi');
  });
});

describe('findings', () => {
  test.each<[string, Sketch, readonly string[]]>([
    [
      "a user's limit below what an image of its size needs",
      { image: GO, resources: { limits: { memory: '56Mi' } } },
      ['memory-below-floor'],
    ],
    ['a limit above', { image: GO, resources: { limits: { memory: '90Mi' } } }, []],
    ['an image larger than any measured', { image: HUGE }, ['memory-limit-left-out']],
    ['such an image with a limit of its own', { image: HUGE, resources: { limits: { memory: '1Gi' } } }, []],
    ['a Linux container with little memory', { image: LINUX, resources: { limits: { memory: '1Mi' } } }, []],
  ])('%s', (_case, sketch, ids) => {
    expect(one(sketch).findings.map(({ id }) => id)).toEqual(ids);
  });

  test('does not call a sufficient limit too low because a LimitRange allows less', () => {
    const sketch: Sketch = {
      image: GO,
      resources: { requests: { memory: '16Mi' }, limits: { memory: '128Mi' } },
    };
    const limitRanges = [limitRange('a', { max: { memory: '64Mi' } })];
    expect(
      one(sketch, { limitRanges }).findings.filter(({ detail }) => detail.includes('less than')),
    ).toEqual([]);
  });

  test('reports a limit that is too low in tier none, too', () => {
    const sketch: Sketch = { image: GO, resources: { limits: { memory: '56Mi' } } };
    const { findings } = one(sketch, { settings: { tier: 'none', cpuLimit: true } });
    expect(findings).toMatchObject([{ id: 'memory-below-floor' }]);
    expect(findings[0]?.advice).toContain('96Mi');
  });

  test('an image larger than any measured gets a request, but no memory limit', () => {
    expect(valuesOf(one({ image: HUGE }))).toEqual([
      'requests/cpu=50m',
      'limits/cpu=200m',
      'requests/memory=16Mi',
    ]);
  });

  test('sets no resources in ephemeral containers', () => {
    const sketches: readonly Sketch[] = [{ image: LINUX }, { image: SMALL, kind: 'ephemeral' }];
    expect(plan(podOf(sketches), sketches)).toEqual({ changes: [], findings: [] });
  });
});

describe('keeps every LimitRange of the namespace', () => {
  const defaults = { requests: { memory: '256Mi' }, limits: { memory: '512Mi' } };
  const defaulted = 'memory request for container c0; memory limit for container c0';
  const noCpu: Settings = { tier: 'standard', cpuLimit: false };

  function memoryOf(sketch: Sketch, surroundings: Surroundings & PodSketch): readonly string[] {
    return valuesOf(one(sketch, { settings: noCpu, ...surroundings })).filter(
      (value) => !value.includes('cpu'),
    );
  }

  test.each<[string, Sketch, Surroundings & PodSketch, readonly string[]]>([
    [
      'lowers a default no further than the minimum',
      { image: SMALL, resources: defaults },
      { defaulted, limitRanges: [limitRange('a', { min: { memory: '100Mi' } })] },
      ['requests/memory=100Mi', 'limits/memory=100Mi'],
    ],
    [
      'the largest minimum of several',
      { image: SMALL, resources: defaults },
      {
        defaulted,
        limitRanges: [
          limitRange('a', { min: { memory: '20Mi' } }),
          limitRange('b', { min: { memory: '48Mi' } }),
          limitRange('c', { min: { memory: '32Mi' } }),
        ],
      },
      ['requests/memory=48Mi', 'limits/memory=64Mi'],
    ],
    [
      'raises added values to the minimum, which is the default request',
      { image: SMALL },
      { limitRanges: [limitRange('a', { min: { memory: '100Mi' } })] },
      ['limits/memory=100Mi'],
    ],
    [
      'keeps the maximum as the default if the tier has more',
      { image: SMALL },
      { limitRanges: [limitRange('a', { max: { memory: '32Mi' } })] },
      ['requests/memory=16Mi'],
    ],
    [
      'a ratio raises the request',
      { image: GO },
      { limitRanges: [limitRange('a', { maxLimitRequestRatio: { memory: '2' } })] },
      ['requests/memory=48Mi', 'limits/memory=96Mi'],
    ],
    [
      "a ratio to the user's request lowers the limit",
      { image: SMALL, resources: { requests: { memory: '16Mi' } } },
      { limitRanges: [limitRange('a', { maxLimitRequestRatio: { memory: '1.5' } })] },
      ['limits/memory=24Mi'],
    ],
    [
      'lowers what the LimitRange would default in a Pod as written',
      { image: SMALL },
      { limitRanges: [limitRange('a', { default: { memory: '512Mi' }, defaultRequest: { memory: '8Mi' } })] },
      ['limits/memory=64Mi'],
    ],
    [
      'keeps the defaults of an unknown LimitRange',
      { image: SMALL, resources: defaults },
      { defaulted, limitRanges: [] },
      [],
    ],
    [
      'a whole Pod of one container',
      { image: SMALL },
      { limitRanges: [limitRange('a', { type: 'Pod', min: { memory: '20Mi' }, max: { memory: '48Mi' } })] },
      ['requests/memory=20Mi', 'limits/memory=48Mi'],
    ],
  ])('%s', (_case, sketch, surroundings, expected) => {
    expect(memoryOf(sketch, surroundings)).toEqual(expected);
  });

  const both: readonly Sketch[] = [{ image: SMALL }, { image: SMALL }];

  test.each<[string, readonly Sketch[], Surroundings, readonly string[]]>([
    [
      'a maximum of the Pod, in equal parts',
      both,
      { limitRanges: [limitRange('a', { type: 'Pod', max: { memory: '100Mi' } })] },
      [
        'containers/0 requests 16Mi',
        'containers/0 limits 50Mi',
        'containers/1 requests 16Mi',
        'containers/1 limits 50Mi',
      ],
    ],
    [
      'full values if all of them fit',
      [{ image: GO }, { image: SMALL }],
      { limitRanges: [limitRange('a', { type: 'Pod', max: { memory: '160Mi' } })] },
      [
        'containers/0 requests 16Mi',
        'containers/0 limits 96Mi',
        'containers/1 requests 16Mi',
        'containers/1 limits 64Mi',
      ],
    ],
    [
      'a minimum of the Pod, beside others',
      [
        { image: SMALL },
        { image: LINUX, resources: { requests: { memory: '60Mi' }, limits: { memory: '60Mi' } } },
      ],
      { limitRanges: [limitRange('a', { type: 'Pod', min: { memory: '100Mi' } })] },
      ['containers/0 requests 40Mi', 'containers/0 limits 64Mi'],
    ],
    [
      'counts an init container by itself',
      [...both, { image: SMALL, kind: 'init' }],
      { limitRanges: [limitRange('a', { type: 'Pod', max: { memory: '128Mi' } })] },
      [
        'initContainers/0 requests 16Mi',
        'initContainers/0 limits 64Mi',
        'containers/0 requests 16Mi',
        'containers/0 limits 64Mi',
        'containers/1 requests 16Mi',
        'containers/1 limits 64Mi',
      ],
    ],
  ])('%s', (_case, sketches, surroundings, expected) => {
    const { changes } = plan(podOf(sketches), sketches, { settings: noCpu, ...surroundings });
    const memory = changes.filter(({ path }) => path.endsWith('/memory'));
    expect(
      memory.map(({ path, value }) => {
        const [, , list, index, , side] = path.split('/');
        return `${list}/${index} ${side} ${String(value)}`;
      }),
    ).toEqual(expected);
  });

  test.each<[string, readonly Sketch[], LimitRange, readonly string[]]>([
    [
      'lowers a default no further than the Pod’s minimum for limits',
      [
        { image: SMALL, resources: defaults },
        { image: LINUX, resources: { requests: { memory: '1Gi' } } },
      ],
      limitRange('a', { type: 'Pod', min: { memory: '300Mi' } }),
      ['c0 requests 16Mi', 'c0 limits 300Mi'],
    ],
    [
      'lowers a default for values added beside it',
      [
        { image: SMALL, resources: { requests: { memory: '100Mi' }, limits: { memory: '100Mi' } } },
        { image: SMALL },
      ],
      limitRange('a', { type: 'Pod', max: { memory: '120Mi' } }),
      ['c0 requests 16Mi', 'c0 limits 60Mi', 'c1 requests 16Mi', 'c1 limits 60Mi'],
    ],
    [
      'keeps a default if lowering it would break the Pod’s ratio, and sets the others',
      [
        { image: SMALL, resources: { requests: { memory: '100Mi' }, limits: { memory: '100Mi' } } },
        { image: SMALL },
        { image: LINUX, resources: { requests: { memory: '100Mi' }, limits: { memory: '300Mi' } } },
      ],
      limitRange('a', { type: 'Pod', maxLimitRequestRatio: { memory: '2' } }),
      ['c1 requests 32Mi', 'c1 limits 64Mi'],
    ],
  ])('%s', (_case, sketches, range, expected) => {
    const pod = podOf(sketches, { defaulted });
    const { changes } = plan(pod, sketches, { settings: noCpu, limitRanges: [range] });
    const memory = changes.filter(({ path }) => path.endsWith('/memory'));
    expect(
      memory.map(({ path, value }) => {
        const [, , , index, , side] = path.split('/');
        return `c${index} ${side} ${String(value)}`;
      }),
    ).toEqual(expected);
  });

  test.each<[string, Sketch, Surroundings & PodSketch, readonly string[]]>([
    [
      'a maximum below what the image needs, which is the default',
      { image: GO },
      { limitRanges: [limitRange('a'), limitRange('small', { max: { memory: '56Mi' } })] },
      [
        'has a memory limit of 56Mi from a LimitRange',
        'LimitRange "small" allows a container no more than 56Mi',
      ],
    ],
    [
      'a default below the need that the maximum keeps low',
      { image: GO, resources: { limits: { memory: '56Mi' }, requests: { memory: '56Mi' } } },
      {
        defaulted,
        limitRanges: [limitRange('small', { max: { memory: '56Mi' }, default: { memory: '56Mi' } })],
      },
      ['has a memory limit of 56Mi', 'LimitRange "small" allows a container no more than 56Mi'],
    ],
    [
      'a ratio to a small request',
      { image: GO, resources: { requests: { memory: '16Mi' } } },
      { limitRanges: [limitRange('even', { maxLimitRequestRatio: { memory: '2' } })] },
      ['LimitRange "even" allows a container no limit above 2 times its request'],
    ],
    [
      'a maximum for the whole Pod',
      { image: GO },
      { limitRanges: [limitRange('tiny', { type: 'Pod', max: { memory: '80Mi' } })] },
      ['gets no memory request and limit', 'LimitRange "tiny" allows a Pod no more than 80Mi'],
    ],
  ])('names the LimitRange: %s', (_case, sketch, surroundings, words) => {
    const { changes, findings } = one(sketch, { settings: noCpu, ...surroundings });
    expect(findings.map(({ id }) => id)).toEqual(['limits-conflict']);
    for (const word of words) expect(findings[0]?.detail).toContain(word);
    expect(findings[0]?.advice).toMatch(/LimitRange "/);
    expect(changes.filter(({ path }) => path.endsWith('limits/memory'))).toEqual([]);
  });
});
