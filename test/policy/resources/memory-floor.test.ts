import { describe, expect, test } from 'vitest';
import type { Packaging } from '../../../src/detect/verdict.ts';
import { BUILT_IN } from '../../../src/policy/handlers/handler-table.ts';
import { layerSizes } from '../../../src/policy/resources/code-sizes.ts';
import { memoryFloor } from '../../../src/policy/resources/memory-floor.ts';
import { formatQuantity, parseQuantity } from '../../../src/policy/resources/quantity.ts';
import { imageFacts } from '../../support/image/image-facts.ts';
import { fc } from '../../support/lib/properties.ts';
import { MEASURED_FLOORS } from './measured-floors.ts';

const NO_CODE = { compressed: 0, raw: 0 };

function given(
  handler: string,
  packaging: Packaging,
  size: Partial<typeof NO_CODE> & { threads?: number },
): string {
  const { threads = 1, ...sizes } = size;
  const floor = memoryFloor({
    profile: BUILT_IN.profileOf(handler),
    packaging,
    sizes: { ...NO_CODE, ...sizes },
    threads,
  });
  return floor.kind === 'out-of-range' ? floor.kind : formatQuantity(floor.bytes, 'memory');
}

describe('the published values', () => {
  test.each([
    [0.01, '16Mi', '16Mi', ['24Mi', '24Mi', '24Mi', '32Mi', '32Mi']],
    [0.05, '16Mi', '24Mi', ['32Mi', '32Mi', '32Mi', '56Mi', '72Mi']],
    [0.1, '24Mi', '24Mi', ['32Mi', '40Mi', '48Mi', '80Mi', '120Mi']],
    [0.3, '48Mi', '56Mi', ['56Mi', '64Mi', '80Mi', '160Mi', '256Mi']],
    [0.75, '96Mi', '112Mi', ['112Mi', '112Mi', '128Mi', '216Mi', '328Mi']],
    [1, '128Mi', '144Mi', ['136Mi', '144Mi', '160Mi', '256Mi', '368Mi']],
    [2.5, '312Mi', '336Mi', ['304Mi', '312Mi', '336Mi', '456Mi', '600Mi']],
    [4, '488Mi', '536Mi', ['472Mi', '488Mi', '512Mi', '656Mi', '832Mi']],
  ])('a tar layer of %d MB', (megabytes, crun, wasmedge, wasmtime) => {
    const compressed = megabytes * 1_000_000;
    expect(given('crun', 'tar', { compressed })).toBe(crun);
    expect(given('crun-wasm', 'tar', { compressed })).toBe(crun);
    expect(given('wasmedge', 'tar', { compressed })).toBe(wasmedge);
    expect([1, 2, 4, 16, 64].map((threads) => given('wasmtime-v1', 'tar', { compressed, threads }))).toEqual(
      wasmtime,
    );
  });

  test.each([
    [0.1, '16Mi', '16Mi'],
    [0.5, '16Mi', '32Mi'],
    [1, '16Mi', '48Mi'],
    [2.5, '24Mi', '96Mi'],
    [5, '40Mi', '176Mi'],
    [10, '64Mi', '336Mi'],
    [16, '96Mi', '536Mi'],
  ])('a Wasm layer of %d MB', (megabytes, wasmtime, wasmedge) => {
    const raw = megabytes * 1_000_000;
    expect(given('wasmtime', 'oci-layer', { raw, threads: 64 })).toBe(wasmtime);
    expect(given('wasmedge', 'oci-layer', { raw })).toBe(wasmedge);
  });
});

describe('the limit covers the measured need', () => {
  test.each(MEASURED_FLOORS)(
    '$module on $handler, $packaging',
    ({ handler, packaging, mebibytes, ...size }) => {
      const floor = memoryFloor({
        profile: BUILT_IN.profileOf(handler),
        packaging,
        sizes: packaging === 'tar' ? { compressed: size.bytes, raw: 0 } : { compressed: 0, raw: size.bytes },
        threads: size.threads,
      });
      expect(floor.kind).toBe('floor');
      if (floor.kind !== 'floor') return;
      expect(floor.bytes).toBeGreaterThanOrEqual(parseQuantity(`${mebibytes * 1.1}Mi`));
    },
  );
});

/** Modules that consist mostly of debug sections or data, and need far less memory than code of their size. */
const LITTLE_CODE: ReadonlySet<string> = new Set([
  'rust-hello',
  'cpp-iostream',
  'c-data4m',
  'c-sqlite',
  'c-hello',
]);

describe('a limit with which a module of that size started is above the floor', () => {
  test.each(MEASURED_FLOORS.filter(({ module }) => !LITTLE_CODE.has(module)))(
    '$module on $handler, $packaging, $threads',
    ({ handler, packaging, mebibytes, ...size }) => {
      const floor = memoryFloor({
        profile: BUILT_IN.profileOf(handler),
        packaging,
        sizes: packaging === 'tar' ? { compressed: size.bytes, raw: 0 } : { compressed: 0, raw: size.bytes },
        threads: size.threads,
      });
      expect(floor.kind).toBe('floor');
      if (floor.kind !== 'floor') return;
      expect(floor.needed).toBeLessThanOrEqual(parseQuantity(`${Math.ceil(mebibytes)}Mi`));
      // No module started with half of that limit, so the floor must exceed it.
      if (mebibytes > 20)
        expect(floor.needed).toBeGreaterThan(parseQuantity(`${Math.ceil(mebibytes / 2)}Mi`));
    },
  );
});

describe('handlers and images that were not measured', () => {
  test.each(['spin', 'wasmer', 'wamr', 'slight', 'wasm', 'kata'])('%s', (handler) => {
    expect(given(handler, 'oci-layer', { raw: 1_000_000 })).toBe('128Mi');
  });

  test.each<[string, string, Packaging, Partial<typeof NO_CODE>]>([
    ['a tar layer above 5 MB', 'wasmtime', 'tar', { compressed: 5_000_001 }],
    ['a Wasm layer above 20 MB', 'wasmtime', 'oci-layer', { raw: 20_000_001 }],
    ['layers of both kinds, together', 'crun', 'tar', { compressed: 3_000_000, raw: 10_000_000 }],
    ['a Spin application above 20 MB', 'spin', 'oci-layer', { raw: 30_000_000 }],
  ])('%s is out of range', (_case, handler, packaging, sizes) => {
    expect(given(handler, packaging, sizes)).toBe('out-of-range');
  });

  test.each<[string, Packaging, Partial<typeof NO_CODE>]>([
    ['5 MB compressed', 'tar', { compressed: 5_000_000 }],
    ['20 MB as it is', 'oci-layer', { raw: 20_000_000 }],
  ])('%s is still in range', (_case, packaging, sizes) => {
    expect(given('wasmedge', packaging, sizes)).not.toBe('out-of-range');
  });
});

describe('sizes from the manifest', () => {
  const GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip';

  test('sums tar layers, and scales zstd to gzip', () => {
    const facts = imageFacts({
      layers: [
        { mediaType: GZIP, size: 100 },
        { mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', size: 10 },
        { mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd', size: 1000 },
        { mediaType: 'application/vnd.oci.image.layer.v1.tar', size: 7 },
      ],
    });
    expect(layerSizes(facts, 'tar')).toEqual({ compressed: 1510, raw: 7 });
  });

  test('sums only the layers of an artifact that are not a file system', () => {
    const facts = imageFacts({
      layers: [
        { mediaType: 'application/wasm', size: 5 },
        { mediaType: GZIP, size: 9 },
      ],
    });
    expect(layerSizes(facts, 'oci-layer')).toEqual({ compressed: 0, raw: 5 });
  });

  test('returns the largest that nodes of several architectures would pull', () => {
    const facts = imageFacts(
      { layers: [{ mediaType: GZIP, size: 5 }] },
      { layers: [{ mediaType: GZIP, size: 50 }] },
    );
    expect(layerSizes(facts, 'tar').compressed).toBe(50);
  });
});

test('a larger image or more threads never need less', () => {
  const size = fc.integer({ min: 0, max: 5_000_000 });
  const threads = fc.integer({ min: 1, max: 256 });
  fc.assert(
    fc.property(size, size, threads, threads, (a, b, s, t) => {
      const profile = BUILT_IN.profileOf('wasmtime');
      const plan = (compressed: number, count: number): ReturnType<typeof memoryFloor> =>
        memoryFloor({ profile, packaging: 'tar', sizes: { compressed, raw: 0 }, threads: count });
      const [less, more] = [plan(Math.min(a, b), Math.min(s, t)), plan(Math.max(a, b), Math.max(s, t))];
      expect(less.kind === 'floor' && more.kind === 'floor' && less.bytes <= more.bytes).toBe(true);
    }),
  );
});
