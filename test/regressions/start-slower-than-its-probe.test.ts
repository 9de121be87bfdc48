import { describe, expect, test } from 'vitest';
import type { Container, Probe } from '../../src/pod/pod.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { imageFacts, linux, SPIN_APP, TAR_LAYER, type ImageSketch } from '../support/image/image-facts.ts';
import { cluster, limitRange, node, pod, podFacts, runtimeClass, settings } from '../support/pod/pods.ts';

function tar(sketch: ImageSketch, kilobytes: number): ImageSketch {
  return { ...sketch, layers: [{ mediaType: TAR_LAYER, size: kilobytes * 1000 }] };
}

/** An image without a command, as `COPY spin.toml` on a wasi platform leaves it. */
const SPIN_FILES: ImageSketch = { config: { os: 'wasi', architecture: 'wasm', config: {} } };

const IMAGES = {
  go: tar(linux('/app.wasm'), 750),
  large: tar(linux('/app.wasm'), 3000),
  small: tar(linux('/app.wasm'), 10),
  spin: tar(SPIN_FILES, 1),
  pushed: SPIN_APP,
  busybox: tar(linux('/bin/sh'), 4000),
};

const VIEW = cluster(
  ['spin', 'wasmtime', 'wasmedge'].map((name) => runtimeClass(name)),
  [node('n', { handlers: ['spin', 'wasmtime', 'wasmedge'] })],
);

interface Setup {
  readonly on?: string;
  readonly max?: string;
}

function decide(container: Partial<Container>, { on = 'wasmtime', max }: Setup = {}) {
  const subject = pod({ containers: [container], spec: { runtimeClassName: on } });
  const limitRanges = max === undefined ? [] : [limitRange('small', { max: { cpu: max } })];
  return evaluate(podFacts(subject, IMAGES, VIEW, { limitRanges }), settings());
}

function slowStart(container: Partial<Container>, setup?: Setup): string | undefined {
  const found = decide(container, setup).findings.find(({ id }) => id === 'slow-start-under-cpu-limit');
  return found === undefined ? undefined : `${found.detail} ${found.advice}`;
}

function cpuOf(container: Partial<Container>, setup?: Setup) {
  return decide(container, setup).changes.flatMap(({ path, value }) =>
    path.endsWith('/cpu') ? [`${path.split('/').at(-2)}=${String(value)}`] : [],
  );
}

const cpu = (amount: string) => ({ resources: { limits: { cpu: amount }, requests: { cpu: amount } } });
const httpGet: object = { httpGet: { port: 80 } };
const http: Probe = { ...httpGet };
/** A probe that gives up 9 s after the start. */
const early = { livenessProbe: { ...http, initialDelaySeconds: 3, periodSeconds: 3 } };

describe('a start that its probe ends', () => {
  test.each<[string, Partial<Container>, Setup, readonly string[]]>([
    [
      'Spin at 100m',
      { image: 'spin', command: ['/'], ...cpu('100m'), ...early },
      { on: 'spin' },
      ['up to 10 s under its CPU limit of 100m, and its livenessProbe kills it after 9 s', 'startupProbe'],
    ],
    [
      'Spin and a startup probe, which counts first',
      {
        image: 'spin',
        ...cpu('50m'),
        startupProbe: { ...http, periodSeconds: 1, failureThreshold: 15 },
        livenessProbe: http,
      },
      { on: 'spin' },
      ['its startupProbe kills it after 14 s', 'limits.cpu to 80m'],
    ],
    [
      'Wasmtime at a limit that is no slow start by itself',
      { image: 'go', ...cpu('320m'), ...early },
      {},
      ['up to 9 s under its CPU limit of 320m', 'kills it after 9 s', 'limits.cpu to 340m'],
    ],
    [
      'Wasmtime and an image that no limit starts in time',
      { image: 'large', ...early },
      {},
      ['up to 12 s under a CPU limit of 1', 'Give it a startupProbe of 13 s or longer'],
    ],
    [
      'the defaults of a probe',
      { image: 'go', ...cpu('100m'), livenessProbe: http },
      {},
      ['kills it after 20 s', 'limits.cpu to 150m'],
    ],
    [
      'a LimitRange that allows no more',
      { image: 'go', ...early },
      { max: '200m' },
      ['LimitRange "small"', 'Raise that bound in LimitRange "small", or give it a startupProbe'],
    ],
  ])('%s', (_case, container, setup, words) => {
    const text = slowStart(container, setup);
    for (const word of words) expect(text).toContain(word);
  });

  test.each<[string, Partial<Container>, Setup]>([
    ['Spin without a probe', { image: 'spin', ...cpu('100m') }, { on: 'spin' }],
    ['Spin with what wasmgate injects', { image: 'spin', ...early }, { on: 'spin' }],
    ['a Spin artifact, compiled outside', { image: 'pushed', ...cpu('100m'), ...early }, { on: 'spin' }],
    ['a readiness probe', { image: 'spin', ...cpu('100m'), readinessProbe: http }, { on: 'spin' }],
    [
      'a startup probe that waits',
      {
        image: 'spin',
        ...cpu('100m'),
        ...early,
        startupProbe: { ...http, failureThreshold: 30 },
      },
      { on: 'spin' },
    ],
    ['an interpreter', { image: 'go', ...cpu('100m'), ...early }, { on: 'wasmedge' }],
    ['a Go module with what wasmgate injects', { image: 'go', ...early }, {}],
    [
      'an exec probe, which a shim passes over',
      { image: 'spin', ...cpu('100m'), livenessProbe: { exec: {} } },
      { on: 'spin' },
    ],
  ])('not with %s', (_case, container, setup) => {
    expect(slowStart(container, setup)).toBeUndefined();
  });
});

describe('the CPU limit that wasmgate injects', () => {
  test('is one core if the start would take more than 3 s, with a request beside it', () => {
    expect(cpuOf({ image: 'go' })).toEqual(['requests=50m', 'limits=1']);
    expect(cpuOf({ image: 'spin' }, { on: 'spin' })).toEqual(['requests=50m', 'limits=1']);
  });

  test("is the tier's if that is fast enough, or if nothing is compiled", () => {
    expect(cpuOf({ image: 'small' })).toEqual(['requests=50m', 'limits=200m']);
    expect(cpuOf({ image: 'go' }, { on: 'wasmedge' })).toEqual(['requests=50m', 'limits=200m']);
    expect(cpuOf({ image: 'pushed' }, { on: 'spin' })).toEqual(['requests=50m', 'limits=200m']);
  });
});

describe('a module from a volume', () => {
  const mounted: Partial<Container> = {
    image: 'busybox',
    command: ['/m/app.wasm'],
    volumeMounts: [{ mountPath: '/m' }],
  };

  test.each<[string, Partial<Container>]>([
    ['a limit', { ...mounted, resources: { limits: { memory: '16Mi' } } }],
    ['a relative path', { ...mounted, command: ['./app.wasm'], workingDir: '/m' }],
    ['nothing set', mounted],
  ])('is not sized by the image beside it: %s', (_case, container) => {
    const { findings, changes } = decide(container);
    const ids: readonly string[] = findings.map(({ id }) => id);
    for (const id of [
      'memory-below-floor',
      'memory-limit-left-out',
      'packaging-advice',
      'slow-start-under-cpu-limit',
    ])
      expect(ids).not.toContain(id);
    const limit = changes.find(({ path }) => path.endsWith('/limits/memory'))?.value;
    expect([undefined, '128Mi']).toContain(limit);
  });

  test('a mount that does not contain it changes nothing', () => {
    const { findings } = decide({
      ...mounted,
      volumeMounts: [{ mountPath: '/mm' }, { mountPath: '/m/other' }],
    });
    expect(findings.map(({ id }) => id)).toContain('packaging-advice');
  });
});

test('4Mi for a module of 183 bytes gets no warning: it ran', () => {
  const wat = imageFacts({ ...linux('/app.wasm'), layers: [{ mediaType: TAR_LAYER, size: 238 }] });
  for (const handler of ['wasmtime', 'wasmedge', 'crun-wasm']) {
    const subject = pod({
      containers: [{ image: 'wat', resources: { limits: { memory: '4Mi' } } }],
      spec: { runtimeClassName: handler },
    });
    const facts = podFacts(subject, { wat }, cluster([runtimeClass(handler)]));
    expect(evaluate(facts, settings()).findings.map(({ id }) => id)).not.toContain('memory-below-floor');
  }
});
