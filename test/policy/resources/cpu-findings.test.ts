import { describe, expect, test } from 'vitest';
import { limitRange } from '../../support/pod/pods.ts';
import {
  plan,
  GO,
  layerImage,
  LINUX,
  podOf,
  SMALL,
  type PodSketch,
  type Sketch,
  type Surroundings,
} from '../resource-pods.ts';

type Setting = Surroundings & PodSketch;

const limits = (cpu: string) => ({ limits: { cpu } });
const requests = (cpu: string) => ({ requests: { cpu } });
const tier = (cpuLimit: boolean) => ({ tier: 'standard' as const, cpuLimit });

/** Returns the findings about the first container's CPU, and the values set. */
function result(sketches: readonly Sketch[], setting: Setting) {
  const { changes, findings } = plan(podOf(sketches, setting), sketches, setting);
  const own = findings.filter(({ container }) => container === 'c0');
  return {
    findings: own.map(({ id, detail, advice }) => `${id}: ${detail} ${String(advice)}`),
    set: changes.flatMap(({ path, value }) =>
      path.startsWith('/spec/containers/0/') && path.endsWith('/cpu')
        ? `${path.split('/').at(-2)}=${String(value)}`
        : [],
    ),
  };
}

const full: Sketch = { image: LINUX, resources: limits('1') };
const podMax = limitRange('team', { type: 'Pod', max: { cpu: '1' } });

describe('CPU values that exceed a maximum are left out, with a finding', () => {
  test.each<[string, readonly Sketch[], Setting, readonly string[]]>([
    [
      'a Pod maximum that another container has used up',
      [{ image: SMALL }, full],
      { limitRanges: [podMax] },
      [
        'gets no CPU request and limit: tier standard has 50m and 200m',
        'LimitRange "team" allows a Pod no more than 1',
        'Raise that bound in LimitRange "team", lower the values of the other containers.',
      ],
    ],
    [
      "the Pod's own request that another container has used up",
      [{ image: SMALL }, { image: LINUX, resources: requests('1') }],
      { resources: { requests: { cpu: '1' } }, limitRanges: [] },
      [
        'gets no CPU request and limit: tier standard has 50m and 200m',
        "the Pod's own spec.resources leave less",
        'Raise cpu in spec.resources, or lower the requests of the other containers.',
      ],
    ],
    [
      "the Pod's own request, without a tier limit",
      [{ image: SMALL }, { image: LINUX, resources: requests('1') }],
      { resources: { requests: { cpu: '1' } }, limitRanges: [], settings: tier(false) },
      ['gets no CPU request: tier standard has 50m', 'spec.resources leave less'],
    ],
    [
      'a minimum for containers above the maximum for Pods',
      [{ image: SMALL }],
      { limitRanges: [limitRange('team', { min: { cpu: '2' } }, { type: 'Pod', max: { cpu: '1' } })] },
      ['gets no CPU', 'LimitRange "team"'],
    ],
  ])('%s', (_case, sketches, setting, words) => {
    const { findings, set } = result(sketches, setting);
    expect(set).toEqual([]);
    expect(findings).toHaveLength(1);
    for (const word of words) expect(findings[0]).toContain(word);
    expect(findings[0]).toMatch(/^limits-conflict: /);
  });

  test.each<[string, readonly Sketch[], Setting]>([
    [
      'a tier value above the maximum',
      [{ image: SMALL }],
      { limitRanges: [limitRange('a', { max: { cpu: '100m' } })] },
    ],
    [
      'its own request, without a tier limit',
      [
        { image: SMALL, resources: requests('100m') },
        { image: LINUX, resources: requests('2') },
      ],
      { limitRanges: [podMax], settings: tier(false) },
    ],
    ['its own limit', [{ image: SMALL, resources: limits('100m') }, full], { limitRanges: [podMax] }],
    [
      'no tier',
      [{ image: SMALL }, full],
      { settings: { tier: 'none', cpuLimit: true }, limitRanges: [podMax] },
    ],
  ])('no finding for %s', (_case, sketches, setting) => {
    expect(result(sketches, setting).findings).toEqual([]);
  });
});

describe('a slow start under a CPU limit', () => {
  const wasmtime = { handler: 'wasmtime' };
  const bounded = { limitRanges: [limitRange('small', { max: { cpu: '100m' } })] };

  test.each<[string, Sketch, Setting, readonly string[]]>([
    [
      'its own limit',
      { image: GO, resources: limits('100m') },
      {},
      ['up to 30 s under its CPU limit of 100m Set', 'Set resources.limits.cpu to 300m,'],
    ],
    [
      'a planned limit that a LimitRange keeps low',
      { image: GO },
      bounded,
      ['up to 30 s', 'LimitRange "small" allows a container no more than 100m', 'Raise that bound'],
    ],
    [
      'what spec.resources leave',
      { image: GO },
      { resources: limits('100m'), limitRanges: [] },
      [
        "up to 30 s under a CPU limit of 100m, and the Pod's own spec.resources allow no more",
        'Raise cpu in spec.resources',
      ],
    ],
    [
      'what a ratio to the request allows',
      { image: GO, resources: requests('50m') },
      { limitRanges: [limitRange('even', { maxLimitRequestRatio: { cpu: '2' } })] },
      [
        'up to 30 s under a CPU limit of 100m',
        'limits.cpu to 300m, and its request as high as LimitRanges then require',
      ],
    ],
    [
      'a LimitRange default in tier none',
      { image: GO },
      {
        settings: { tier: 'none', cpuLimit: true },
        limitRanges: [limitRange('small', { default: { cpu: '150m' } })],
      },
      ['up to 20 s under its CPU limit of 150m'],
    ],
  ])('%s', (_case, sketch, setting, words) => {
    const findings = result([sketch], { ...wasmtime, ...setting }).findings.filter((text) =>
      text.startsWith('slow-start-under-cpu-limit: '),
    );
    expect(findings).toHaveLength(1);
    for (const word of words) expect(findings[0]).toContain(word);
  });

  test.each<[string, Sketch, Setting]>([
    ['an OCI Wasm layer', { image: layerImage(2) }, bounded],
    ['an interpreter', { image: GO }, { ...bounded, handler: 'wasmedge' }],
    ['a small module', { image: SMALL }, bounded],
    ['room enough', { image: GO }, {}],
    ['no limit', { image: GO }, { settings: tier(false) }],
  ])('no finding for %s', (_case, sketch, setting) => {
    const ids = result([sketch], { ...wasmtime, ...setting }).findings;
    expect(ids.filter((text) => text.startsWith('slow-start'))).toEqual([]);
  });
});
