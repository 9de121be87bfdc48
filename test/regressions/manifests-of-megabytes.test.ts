import type { RequestListener, ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { detectWasm } from '../../src/detect/detect-wasm.ts';
import type { ImageFacts } from '../../src/image/image-facts.ts';
import { OCI_CONFIG, OCI_MANIFEST } from '../../src/image/media-types.ts';
import { inspectImage } from '../../src/images/inspect-image.ts';
import {
  createLookupMemory,
  LOOKUP_MEMORY_LIMITS,
  type LookupMemory,
} from '../../src/images/lookup-memory.ts';
import type { RegistryClient } from '../../src/registry/client.ts';
import { digestOf, TAR_LAYER } from '../support/image/image-facts.ts';
import { createTestClient, failureOf, imageAt } from '../support/registry/registry-client.ts';
import { startServer } from '../support/server/http-server.ts';

/**
 * The OCI distribution spec 1.1 allows manifests of 4 MiB. 32 concurrent ones, each waiting for its config, held 440 MB; the
 * Deployment grants 256 MiB.
 */
const MIB = 1024 * 1024;
const MOST = 4 * MIB;
const { smallBytes, largeBytes, largeAtOnce } = LOOKUP_MEMORY_LIMITS;

/** The document with trailing blanks, which take no time to parse. */
function padded(document: object, bytes: number): string {
  return JSON.stringify(document).padEnd(bytes, ' ');
}

interface LargeImage {
  readonly manifest: string;
  readonly config: string;
}

function largeImage(manifestBytes: number, configBytes: number): LargeImage {
  const layer = { mediaType: TAR_LAYER, digest: digestOf('layer'), size: 1000 };
  const entrypoint = { config: { Entrypoint: ['/app.wasm'] }, rootfs: { diff_ids: [layer.digest] } };
  const config = padded({ os: 'wasip1', architecture: 'wasm', ...entrypoint }, configBytes);
  const descriptor = { mediaType: OCI_CONFIG, digest: digestOf(config), size: config.length };
  return {
    config,
    manifest: padded({ schemaVersion: 2, config: descriptor, layers: [layer] }, manifestBytes),
  };
}

function serve({ manifest, config }: LargeImage): RequestListener {
  return (request, response) => {
    const isConfig = request.url?.includes('/blobs/') === true;
    response.writeHead(200, { 'content-type': OCI_MANIFEST }).end(isConfig ? config : manifest);
  };
}

async function setUp(answer: RequestListener) {
  const registry = await startServer(answer);
  const client = createTestClient([registry]);
  onTestFinished(async () => {
    await client.close();
    await registry.close();
  });
  return { registry, client, reference: imageAt(registry, 'app') };
}

/** Like the catalog: with its own reservation, which is always released. */
async function lookUp(
  { client, reference }: { readonly client: RegistryClient; readonly reference: ReturnType<typeof imageAt> },
  memory: LookupMemory,
  how: { readonly tenant?: string; readonly signal?: AbortSignal } = {},
): Promise<ImageFacts> {
  const { tenant = 'team-a', signal = AbortSignal.timeout(60_000) } = how;
  using reservation = memory.open(tenant, signal);
  return await inspectImage(client, {
    reference,
    credentials: [],
    tenant: 'team-a',
    architectures: [],
    signal: reservation.signal,
    memory: reservation,
  });
}

test.for([
  { name: 'a manifest and a config of 3.9 MiB are read', image: largeImage(3.9 * MIB, 3.9 * MIB) },
  { name: 'a manifest and a config of 4 MiB are read', image: largeImage(MOST, MOST) },
])('$name', async ({ image }) => {
  const bench = await setUp(serve(image));
  const memory = createLookupMemory();
  expect(detectWasm(await lookUp(bench, memory))).toMatchObject({ kind: 'wasm', flavour: 'wasi-image' });
  expect(memory.bytesHeld()).toBe(0);
});

test.for([
  { name: 'a manifest', image: largeImage(MOST + 1, 300) },
  { name: 'a config', image: largeImage(300, MOST + 1) },
])('$name of 4 MiB and a byte is not read', async ({ image }) => {
  const bench = await setUp(serve(image));
  const memory = createLookupMemory();
  expect((await failureOf(lookUp(bench, memory))).code).toBe('too-large');
  expect(memory.bytesHeld()).toBe(0);
});

test('an ordinary image fits into the small reservation', async () => {
  const image = largeImage(smallBytes / 2, smallBytes / 4);
  const bench = await setUp(serve(image));
  const memory = createLookupMemory({ largeAtOnce: 0 });
  expect(detectWasm(await lookUp(bench, memory)).kind).toBe('wasm');
});

/** Parsed, these took up to 111 MiB each, and Node's heap has 128 of the 256 MiB: one Pod killed the process. */
test.for([
  { name: 'brackets', json: `${'['.repeat(MOST / 4)}${']'.repeat(MOST / 4)}` },
  { name: 'empty objects', json: `[${'{},'.repeat(MOST / 4)}{}]` },
  {
    name: 'short labels',
    json: `{${Array.from({ length: 200_000 }, (_, key) => `"k${key}":"v"`).join(',')}}`,
  },
])('a manifest of nothing but $name is not parsed', async ({ json }) => {
  const manifest = `{"annotations":${json}}`;
  const bench = await setUp((_request, response) => {
    response.writeHead(200, { 'content-type': OCI_MANIFEST }).end(manifest);
  });
  const memory = createLookupMemory();
  expect((await failureOf(lookUp(bench, memory))).code).toBe('too-large');
  expect(memory.bytesHeld()).toBe(0);
});

test('64 concurrent manifests of 4 MiB hold the memory of a few, and all are read', async () => {
  const image = largeImage(MOST, 300);
  const memory = createLookupMemory({ largeWaiting: 64 });
  const held: number[] = [];
  const stalled: ServerResponse[] = [];
  let isStalling = true;
  const bench = await setUp((request, response) => {
    held.push(memory.bytesHeld());
    if (isStalling && request.url?.includes('/blobs/') === true) stalled.push(response);
    else serve(image)(request, response);
  });
  const looking = Promise.all(
    Array.from({ length: 64 }, (_, index) => lookUp(bench, memory, { tenant: `team-${index}` })),
  );
  // Lookups that have their manifest and wait for their config.
  await expect.poll(() => stalled.length).toBe(largeAtOnce);
  isStalling = false;
  for (const response of stalled) response.end(image.config);
  const found = await looking;
  expect(new Set(found.map((facts) => detectWasm(facts).kind))).toEqual(new Set(['wasm']));
  expect(Math.max(...held)).toBeLessThanOrEqual(64 * smallBytes + largeAtOnce * largeBytes);
  expect(Math.max(...held)).toBeGreaterThanOrEqual(largeAtOnce * MOST);
  expect(memory.bytesHeld()).toBe(0);
});

describe('the only large reservation is released', () => {
  const image = largeImage(MOST, 300);
  const good = serve(image);
  const endingAt =
    (part: '/manifests/' | '/blobs/', answer: RequestListener): RequestListener =>
    (request, response) =>
      (request.url?.includes(part) === true ? answer : good)(request, response);
  const half: RequestListener = (_request, response) => {
    response.writeHead(200, { 'content-length': MOST }).write(image.manifest.slice(0, MOST / 2));
  };

  test.for<{ readonly name: string; readonly bad: RequestListener; readonly code: string }>([
    {
      name: 'a config that is not there',
      bad: endingAt('/blobs/', (_request, response) => response.writeHead(404).end()),
      code: 'not-found',
    },
    {
      name: 'a connection cut',
      bad: endingAt('/blobs/', (request) => request.socket.destroy()),
      code: 'unreachable',
    },
    {
      name: 'a connection cut in the middle of the manifest',
      bad: endingAt('/manifests/', (request, response) => {
        half(request, response);
        setImmediate(() => request.socket.destroy());
      }),
      code: 'unreachable',
    },
    { name: 'silence', bad: endingAt('/blobs/', () => undefined), code: 'timeout' },
    { name: 'silence in the middle of the manifest', bad: endingAt('/manifests/', half), code: 'timeout' },
    {
      name: 'another config than was named',
      bad: endingAt('/blobs/', (_request, response) => response.end('{}')),
      code: 'invalid',
    },
    {
      name: 'what is no JSON',
      bad: endingAt('/manifests/', (_request, response) => response.end('x'.repeat(MOST))),
      code: 'invalid',
    },
    {
      name: 'more than is read',
      bad: endingAt('/manifests/', (_request, response) => {
        response.write('x'.repeat(MOST));
        response.end('x'.repeat(MOST));
      }),
      code: 'too-large',
    },
  ])('after $name', async ({ bad, code }) => {
    const memory = createLookupMemory({ largeAtOnce: 1 });
    const signal = code === 'timeout' ? AbortSignal.timeout(1500) : AbortSignal.timeout(60_000);
    expect((await failureOf(lookUp(await setUp(bad), memory, { signal }))).code).toBe(code);
    expect(memory.bytesHeld()).toBe(0);
    expect(detectWasm(await lookUp(await setUp(good), memory)).kind).toBe('wasm');
  });

  test('when a tenant without one preempts it', async () => {
    const memory = createLookupMemory({ largeAtOnce: 2, largeSafe: 0 });
    const stalling = await setUp(endingAt('/blobs/', () => undefined));
    const stalled = [lookUp(stalling, memory), lookUp(stalling, memory)].map((looking) => failureOf(looking));
    await expect.poll(memory.bytesHeld).toBeGreaterThanOrEqual(2 * MOST);
    expect(detectWasm(await lookUp(await setUp(good), memory, { tenant: 'team-b' })).kind).toBe('wasm');
    expect((await Promise.race(stalled)).code).toBe('timeout');
  });
});
