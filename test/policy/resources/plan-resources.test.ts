import { describe, expect, test } from 'vitest';
import type { LimitRange } from '../../../src/pod/cluster-objects.ts';
import type { ResourceRequirements } from '../../../src/pod/pod.ts';
import { limitRange } from '../../support/pod/pods.ts';
import {
  ask,
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

/** `limits/memory=64Mi`, in the order of the answer, for a Pod of one main container. */
function valuesOf({ changes }: Planned): readonly string[] {
  return changes.map(
    ({ path, value }) => `${path.replace('/spec/containers/0/resources/', '')}=${String(value)}`,
  );
}

function one(sketch: Sketch, surroundings: Surroundings & PodSketch = {}): Planned {
  return ask(podOf([sketch], surroundings), [sketch], surroundings);
}

const ALL_DEFAULTED = 'cpu, memory request for container c0; cpu, memory limit for container c0';

describe('nothing set: the tier, or the floor where that is more', () => {
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
      'a handler nobody measured',
      { image: SMALL },
      { handler: 'wasmer' },
      ['requests/cpu=50m', 'limits/cpu=200m', 'requests/memory=16Mi', 'limits/memory=128Mi'],
    ],
    [
      'tier edge, raised to what starts',
      { image: SMALL },
      { settings: { tier: 'edge', cpuLimit: true } },
      ['requests/cpu=50m', 'limits/cpu=50m', 'requests/memory=10Mi', 'limits/memory=16Mi'],
    ],
    ['tier none', { image: SMALL }, { settings: { tier: 'none', cpuLimit: true } }, []],
    ['a Linux container', { image: LINUX }, {}, []],
  ])('%s', (_case, sketch, surroundings, expected) => {
    const answer = one(sketch, surroundings);
    expect(valuesOf(answer)).toEqual(expected);
    expect(answer.findings).toEqual([]);
    expect(answer.changes.every(({ op }) => op === 'add')).toBe(true);
  });

  test('a floor says why it is more than the tier', () => {
    const limit = one({ image: GO }).changes.find(({ path }) => path.endsWith('limits/memory'));
    expect(limit?.reason).toContain('tier standard has 64Mi');
  });
});

describe('what the user set stays', () => {
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
      'one resource of the two',
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

  test("the user's own CPU limit decides how many threads compile", () => {
    const resources = { requests: { cpu: '100m' }, limits: { cpu: '16' } };
    const answer = one({ image: GO, resources }, { handler: 'wasmtime', cores: '64' });
    expect(valuesOf(answer)).toEqual(['requests/memory=16Mi', 'limits/memory=216Mi']);
  });
});

describe('what a LimitRange defaulted is tightened', () => {
  const defaults = { requests: { cpu: '100m', memory: '256Mi' }, limits: { cpu: '500m', memory: '512Mi' } };

  test('to the tier', () => {
    const answer = one({ image: SMALL, resources: defaults }, { defaulted: ALL_DEFAULTED });
    expect(valuesOf(answer)).toEqual([
      'requests/cpu=50m',
      'limits/cpu=200m',
      'requests/memory=16Mi',
      'limits/memory=64Mi',
    ]);
    expect(answer.changes.every(({ op }) => op === 'replace')).toBe(true);
    expect(answer.changes[3]?.reason).toBe('tier standard, instead of 512Mi from a LimitRange');
  });

  test('to the floor', () => {
    const answer = one({ image: GO, resources: defaults }, { defaulted: ALL_DEFAULTED });
    expect(valuesOf(answer)).toContain('limits/memory=96Mi');
  });

  test('only what the annotation names', () => {
    const answer = one({ image: SMALL, resources: defaults }, { defaulted: 'cpu limit for container c0' });
    expect(valuesOf(answer)).toEqual(['limits/cpu=200m']);
  });

  test('never raised, since the LimitRange may forbid more; told where it is too little', () => {
    const low = { requests: { cpu: '10m', memory: '8Mi' }, limits: { cpu: '100m', memory: '32Mi' } };
    const answer = one({ image: GO, resources: low }, { defaulted: ALL_DEFAULTED });
    expect(answer.changes).toEqual([]);
    expect(answer.findings).toMatchObject([{ id: 'memory-below-floor', container: 'c0' }]);
    expect(answer.findings[0]?.detail).toContain('32Mi from a LimitRange');
  });

  test('init containers and native sidecars by their own clause', () => {
    const sketches: readonly Sketch[] = [
      { image: LINUX },
      { image: SMALL, resources: defaults, kind: 'init' },
      { image: SMALL, resources: defaults, kind: 'sidecar' },
    ];
    const pod = podOf(sketches, {
      defaulted: 'memory limit for init container c1; memory limit for container c2',
    });
    expect(ask(pod, sketches).changes.map(({ path }) => path)).toEqual([
      '/spec/initContainers/0/resources/limits/memory',
    ]);
  });
});

describe('pod-level resources bound it', () => {
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
    const answer = one(sketch, { resources });
    expect(valuesOf(answer)).toEqual(expected);
    expect(answer.findings).toEqual([]);
  });

  test('a limit under the floor: nothing is set, and that is said', () => {
    const answer = one({ image: GO }, { resources: { limits: { memory: '64Mi' } } });
    expect(valuesOf(answer)).toEqual(['requests/cpu=50m', 'limits/cpu=200m']);
    expect(answer.findings).toMatchObject([{ id: 'limits-conflict', container: 'c0' }]);
  });

  test('a request that other containers use up', () => {
    const sketches: readonly Sketch[] = [
      { image: SMALL },
      { image: LINUX, resources: { requests: { memory: '128Mi' } } },
    ];
    const answer = ask(podOf(sketches, { resources: { requests: { memory: '128Mi' } } }), sketches);
    expect(valuesOf(answer)).toEqual(['requests/cpu=50m', 'limits/cpu=200m']);
    expect(answer.findings).toMatchObject([{ id: 'limits-conflict' }]);
  });

  test('a request that an init container uses up, for the sidecar beside it', () => {
    const sketches: readonly Sketch[] = [
      { image: LINUX, resources: { requests: { memory: '20Mi' } } },
      { image: SMALL, kind: 'sidecar' },
      { image: LINUX, resources: { requests: { memory: '90Mi' } }, kind: 'init' },
    ];
    const { changes } = ask(podOf(sketches, { resources: { requests: { memory: '100Mi' } } }), sketches);
    const requests = changes.filter(({ path }) => path.endsWith('requests/memory'));
    expect(requests.map(({ path, value }) => `${path}=${String(value)}`)).toEqual([
      '/spec/initContainers/0/resources/requests/memory=10Mi',
    ]);
  });

  test('two Wasm containers share what is left', () => {
    const sketches: readonly Sketch[] = [{ image: SMALL }, { image: SMALL }];
    const { changes } = ask(podOf(sketches, { resources: { requests: { memory: '21Mi' } } }), sketches);
    const requests = changes.filter(({ path }) => path.endsWith('requests/memory'));
    expect(requests.map(({ value }) => value)).toEqual(['10Mi', '10Mi']);
  });

  test('defaults that would make the Pod invalid are mended', () => {
    const resources = {
      requests: { cpu: '100m', memory: '256Mi' },
      limits: { cpu: '500m', memory: '512Mi' },
    };
    const answer = one(
      { image: SMALL, resources },
      { defaulted: ALL_DEFAULTED, resources: { limits: { memory: '128Mi' }, requests: { memory: '128Mi' } } },
    );
    expect(valuesOf(answer)).toContain('requests/memory=16Mi');
    expect(valuesOf(answer)).toContain('limits/memory=64Mi');
  });
});

describe('what is said', () => {
  test.each<[string, Sketch, readonly string[]]>([
    [
      'a limit of the user under what an image of its size needs',
      { image: GO, resources: { limits: { memory: '56Mi' } } },
      ['memory-below-floor'],
    ],
    ['a limit above', { image: GO, resources: { limits: { memory: '90Mi' } } }, []],
    ['an image past everything measured', { image: HUGE }, ['memory-limit-left-out']],
    ['such an image with a limit of its own', { image: HUGE, resources: { limits: { memory: '1Gi' } } }, []],
    ['a Linux container with little memory', { image: LINUX, resources: { limits: { memory: '1Mi' } } }, []],
  ])('%s', (_case, sketch, ids) => {
    expect(one(sketch).findings.map(({ id }) => id)).toEqual(ids);
  });

  test('a limit that is enough is not called too little because a LimitRange allows less', () => {
    const sketch: Sketch = {
      image: GO,
      resources: { requests: { memory: '16Mi' }, limits: { memory: '128Mi' } },
    };
    const limitRanges = [limitRange('a', { max: { memory: '64Mi' } })];
    expect(
      one(sketch, { limitRanges }).findings.filter(({ detail }) => detail.includes('less than')),
    ).toEqual([]);
  });

  test('too little is told in tier none, too', () => {
    const sketch: Sketch = { image: GO, resources: { limits: { memory: '56Mi' } } };
    const { findings } = one(sketch, { settings: { tier: 'none', cpuLimit: true } });
    expect(findings).toMatchObject([{ id: 'memory-below-floor' }]);
    expect(findings[0]?.advice).toContain('96Mi');
  });

  test('past everything measured there is a request, but no memory limit', () => {
    expect(valuesOf(one({ image: HUGE }))).toEqual([
      'requests/cpu=50m',
      'limits/cpu=200m',
      'requests/memory=16Mi',
    ]);
  });

  test('ephemeral containers may not have resources', () => {
    const sketches: readonly Sketch[] = [{ image: LINUX }, { image: SMALL, kind: 'ephemeral' }];
    expect(ask(podOf(sketches), sketches)).toEqual({ changes: [], findings: [] });
  });
});

describe('every LimitRange of the namespace is kept', () => {
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
      'a default is tightened no further than the minimum',
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
      'what is added is raised to the minimum, which is the default request',
      { image: SMALL },
      { limitRanges: [limitRange('a', { min: { memory: '100Mi' } })] },
      ['limits/memory=100Mi'],
    ],
    [
      'the maximum is the default, and left where the tier has more',
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
      'a Pod as written gets what the LimitRange would default, tightened',
      { image: SMALL },
      { limitRanges: [limitRange('a', { default: { memory: '512Mi' }, defaultRequest: { memory: '8Mi' } })] },
      ['limits/memory=64Mi'],
    ],
    [
      'defaults of a LimitRange that nobody knows are left alone',
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
      'what a Pod may have at most, in equal parts',
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
      'as each likes where all of it fits',
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
      'what a Pod must have at least, beside others',
      [
        { image: SMALL },
        { image: LINUX, resources: { requests: { memory: '60Mi' }, limits: { memory: '60Mi' } } },
      ],
      { limitRanges: [limitRange('a', { type: 'Pod', min: { memory: '100Mi' } })] },
      ['containers/0 requests 40Mi', 'containers/0 limits 64Mi'],
    ],
    [
      'an init container is counted by itself',
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
    const { changes } = ask(podOf(sketches), sketches, { settings: noCpu, ...surroundings });
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
      'a default is tightened no further than the Pod’s minimum for limits',
      [
        { image: SMALL, resources: defaults },
        { image: LINUX, resources: { requests: { memory: '1Gi' } } },
      ],
      limitRange('a', { type: 'Pod', min: { memory: '300Mi' } }),
      ['c0 requests 16Mi', 'c0 limits 300Mi'],
    ],
    [
      'a default makes room for what is added beside it',
      [
        { image: SMALL, resources: { requests: { memory: '100Mi' }, limits: { memory: '100Mi' } } },
        { image: SMALL },
      ],
      limitRange('a', { type: 'Pod', max: { memory: '120Mi' } }),
      ['c0 requests 16Mi', 'c0 limits 60Mi', 'c1 requests 16Mi', 'c1 limits 60Mi'],
    ],
    [
      'a default whose tightening would break the Pod’s ratio stays, and the others get theirs',
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
    const { changes } = ask(pod, sketches, { settings: noCpu, limitRanges: [range] });
    const told = changes.filter(({ path }) => path.endsWith('/memory'));
    expect(
      told.map(({ path, value }) => {
        const [, , , index, , side] = path.split('/');
        return `c${index} ${side} ${String(value)}`;
      }),
    ).toEqual(expected);
  });

  test.each<[string, Sketch, Surroundings & PodSketch, readonly string[]]>([
    [
      'a maximum under what the image needs, which is the default',
      { image: GO },
      { limitRanges: [limitRange('a'), limitRange('small', { max: { memory: '56Mi' } })] },
      [
        'has a memory limit of 56Mi from a LimitRange',
        'LimitRange "small" allows a container no more than 56Mi',
      ],
    ],
    [
      'a default under it that the maximum keeps from being more',
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
  ])('told with the name of the LimitRange: %s', (_case, sketch, surroundings, words) => {
    const { changes, findings } = one(sketch, { settings: noCpu, ...surroundings });
    expect(findings.map(({ id }) => id)).toEqual(['limits-conflict']);
    for (const word of words) expect(findings[0]?.detail).toContain(word);
    expect(findings[0]?.advice).toMatch(/LimitRange "/);
    expect(changes.filter(({ path }) => path.endsWith('limits/memory'))).toEqual([]);
  });
});
