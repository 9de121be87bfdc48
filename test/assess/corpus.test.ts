import { describe, expect, test } from 'vitest';
import { detectWasm } from '../../src/detect/detect-wasm.ts';
import type { Verdict } from '../../src/detect/verdict.ts';
import type { ImageFacts } from '../../src/image/image-facts.ts';
import { parseReference, type Reference } from '../../src/image/reference.ts';
import { inspectImage } from '../../src/images/inspect-image.ts';
import { createPeekImage } from '../../src/images/peek-image.ts';
import { loadFixtureImages, putFixtureImages, type Expectation } from '../support/image/fixture-images.ts';
import { useRegistry } from '../support/registry/use-registry.ts';

/**
 * Images whose primary verdict or shape the manifest cannot show, each with the reason. For these, an alternative of
 * `expect.json` is correct until the layers are read. For all others only the primary verdict is.
 */
const SHAPE_NEEDS_THE_LAYER: ReadonlySet<string> = new Set([
  // Tar images and runwasi layers: module and component differ only in the file's first eight bytes.
  'bk-wasi-wasm',
  'bk-wasi-wasm-provenance',
  'bk-wasi-wasm32-docker',
  'buildah-wasi-wasm',
  'umoci-wasip1-wasm',
  'buildah-compat-smart-annotation',
  'bk-linux-wasm-entrypoint-label',
  'index-wasi-no-platform',
  'runwasi-tar-builder',
  // wkg writes the same empty lists for a core module as for a component without interfaces.
  'wkg-core-module',
  // They start no file by name: the files in the layer show which host they are for.
  'spin-rootfs-wasi',
  'slight-wasi',
]);

/** Their layers are read, too, and confirm the manifest. */
const LOOKED_INTO_IN_VAIN: ReadonlySet<string> = new Set(['linux-inherited-label', 'istio-proxywasm-compat']);
/** Their config says that they are core modules, but not what these import. */
const LOOKED_INTO_FOR_IMPORTS: ReadonlySet<string> = new Set(['oci-wasm-module']);

function acceptedShapes({ name, shape, altShapes }: Expectation): readonly (string | null)[] {
  return SHAPE_NEEDS_THE_LAYER.has(name) ? [shape, ...altShapes] : [shape];
}

const { registry, client } = await useRegistry({ images: putFixtureImages });

const options = { credentials: [], tenant: 'team-a', signal: AbortSignal.timeout(60_000) };

function referenceOf(name: string): Reference {
  return parseReference(`${registry.host}/corpus/${name}:latest`);
}

function inspect(name: string): Promise<ImageFacts> {
  return inspectImage(client, { reference: referenceOf(name), architectures: ['amd64'], ...options });
}

async function lookInside(name: string, facts: ImageFacts): Promise<ImageFacts> {
  const peek = createPeekImage({ registry: client });
  return peek({ reference: referenceOf(name), facts, override: {}, scope: 'sign', ...options });
}

function shapeOf(verdict: Verdict): string | null {
  return verdict.kind === 'wasm' ? verdict.shape : null;
}

describe('real images from a registry', () => {
  test.each(loadFixtureImages())('$name: $expect.what', async ({ name, expect: truth }) => {
    const before = registry.log.length;
    const facts = await inspect(name);
    const verdict = detectWasm(facts);
    expect(facts.digest).toBe(truth.digest);
    expect(verdict.kind).toBe(truth.verdict);
    if (verdict.kind === 'wasm') expect(acceptedShapes(truth)).toContain(verdict.shape);
    expect(facts.pull.ok).toBe(truth.pulls);
    expect(verdict.evidence.length).toBeGreaterThan(0);
    expect(registry.log.length - before).toBeLessThanOrEqual(facts.mediaType.includes('index') ? 6 : 4);
  });

  test.each(loadFixtureImages())('$name, after reading its layers', async ({ name, expect: truth }) => {
    const outside = await inspect(name);
    const before = registry.log.length;
    const facts = await lookInside(name, outside);
    const verdict = detectWasm(facts);
    expect(verdict.kind).toBe(truth.verdict);
    expect(shapeOf(verdict)).toBe(truth.shape);
    const isLookedInto = [SHAPE_NEEDS_THE_LAYER, LOOKED_INTO_IN_VAIN, LOOKED_INTO_FOR_IMPORTS].some((names) =>
      names.has(name),
    );
    const layers = facts.variants.flatMap(({ manifest }) => manifest.layers);
    expect(registry.log.length - before > 0).toBe(isLookedInto);
    expect(registry.log.length - before).toBeLessThanOrEqual(layers.length);
    // A second peek makes no requests.
    const asked = registry.log.length;
    expect(await lookInside(name, facts)).toBe(facts);
    expect(registry.log).toHaveLength(asked);
  });
});

test('a single manifest costs two requests', async () => {
  const before = registry.log.length;
  await inspect('bk-wasi-wasm');
  expect(
    registry.log.slice(before).map(({ method, path }) => `${method} ${path.replace(/sha256:\w+/, 'sha256')}`),
  ).toEqual(['GET /v2/corpus/bk-wasi-wasm/manifests/latest', 'GET /v2/corpus/bk-wasi-wasm/blobs/sha256']);
});
