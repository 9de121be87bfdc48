import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inspectImage } from '../../src/assess/inspect-image.ts';
import { detectWasm } from '../../src/detect/detect-wasm.ts';
import { parseReference } from '../../src/image/reference.ts';
import { createRegistryClient, type RegistryClient } from '../../src/registry/client.ts';
import { loadFixtureImages, putFixtureImages, type Expectation } from '../support/fixture-images.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';

/**
 * Images whose primary verdict or shape the manifest cannot show, each with the reason; there an alternative of
 * `expect.json` is right. Everywhere else only the primary answer is.
 */
const SHAPE_NEEDS_THE_LAYER: ReadonlySet<string> = new Set([
  // Tar images and runwasi layers: module and component differ in the file's first eight bytes only.
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
  // Nothing to start by name: which host they are for, the files in the layer tell.
  'spin-rootfs-wasi',
  'slight-wasi',
]);

function acceptedShapes({ name, shape, altShapes }: Expectation): readonly (string | null)[] {
  return SHAPE_NEEDS_THE_LAYER.has(name) ? [shape, ...altShapes] : [shape];
}

let registry: TestRegistry;
let client: RegistryClient;

beforeAll(async () => {
  registry = await startRegistry();
  putFixtureImages(registry.store);
  client = createRegistryClient({}, { plainHttp: [], allowAddresses: [], allowLoopback: true });
});

afterAll(async () => {
  await client.close();
  await registry[Symbol.asyncDispose]();
});

describe('real images from a registry', () => {
  test.each(loadFixtureImages())('$name: $expect.what', async ({ name, expect: truth }) => {
    const before = registry.log.length;
    const facts = await inspectImage(client, {
      reference: parseReference(`${registry.host}/corpus/${name}:latest`),
      architectures: ['amd64'],
      credentials: [],
      signal: AbortSignal.timeout(10_000),
    });
    const verdict = detectWasm(facts);
    expect(facts.digest).toBe(truth.digest);
    expect(verdict.kind).toBe(truth.verdict);
    if (verdict.kind === 'wasm') expect(acceptedShapes(truth)).toContain(verdict.shape);
    expect(facts.pull.ok).toBe(truth.pulls);
    expect(verdict.evidence.length).toBeGreaterThan(0);
    expect(registry.log.length - before).toBeLessThanOrEqual(facts.mediaType.includes('index') ? 6 : 4);
  });
});

test('a single manifest costs two requests, and no other document is read', async () => {
  const before = registry.log.length;
  await inspectImage(client, {
    reference: parseReference(`${registry.host}/corpus/bk-wasi-wasm:latest`),
    architectures: [],
    credentials: [],
    signal: AbortSignal.timeout(10_000),
  });
  expect(
    registry.log.slice(before).map(({ method, path }) => `${method} ${path.replace(/sha256:\w+/, 'sha256')}`),
  ).toEqual(['GET /v2/corpus/bk-wasi-wasm/manifests/latest', 'GET /v2/corpus/bk-wasi-wasm/blobs/sha256']);
});
