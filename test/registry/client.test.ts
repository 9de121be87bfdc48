import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseManifest, type ImageIndex } from '../../src/image/manifest.ts';
import { OCI_MANIFEST } from '../../src/image/media-types.ts';
import { isDigest, type Reference } from '../../src/image/reference.ts';
import type { FetchedDocument, RegistryPort } from '../../src/images/ports.ts';
import type { RequestEvent } from '../../src/registry/http-types.ts';
import { loadFixtureImages, putFixtureImages } from '../support/image/fixture-images.ts';
import { digestOf } from '../support/image/image-facts.ts';
import { fetchOptions, createTestClient, failureOf, imageAt } from '../support/registry/registry-client.ts';
import { startRegistry } from '../support/registry/registry.ts';
import { startServer } from '../support/server/http-server.ts';

const bytes = Buffer.from('{"schemaVersion":2}');

async function fetchFirstChild(
  client: RegistryPort,
  image: Reference,
  index: ImageIndex,
): Promise<FetchedDocument> {
  const [child] = index.manifests;
  return client.fetchManifest({ ...image, digest: child?.digest ?? null }, fetchOptions());
}

describe('real images', () => {
  test.for(loadFixtureImages())('$name is returned as it was pushed', async ({ name, expect: truth }) => {
    await using registry = await startRegistry({ images: putFixtureImages });
    await using client = createTestClient([registry]);
    const image = imageAt(registry, `corpus/${name}`);
    const { document, digest, mediaType } = await client.fetchManifest(image, fetchOptions());
    expect({ digest, mediaType }).toEqual({ digest: truth.digest, mediaType: truth.mediaType });
    expect(await client.resolveDigest(image, fetchOptions())).toBe(truth.digest);
    const manifest = parseManifest(document, mediaType);
    const [wanted, fetched] =
      manifest.kind === 'index'
        ? [manifest.manifests[0], await fetchFirstChild(client, image, manifest)]
        : [manifest.config, await client.fetchJsonBlob(image, manifest.config, fetchOptions())];
    expect(fetched).toMatchObject({ digest: wanted?.digest });
  });
});

test('reading an image takes two requests, and each is reported', async () => {
  await using registry = await startRegistry({ images: putFixtureImages });
  const events: RequestEvent[] = [];
  await using client = createTestClient([registry], { onRequest: (event) => events.push(event) });
  const image = imageAt(registry, 'corpus/bk-wasi-wasm');
  const manifest = await client.fetchManifest(image, fetchOptions());
  const parsed = parseManifest(manifest.document, manifest.mediaType);
  if (parsed.kind !== 'manifest') throw new Error('the fixture must not be an index');
  await client.fetchJsonBlob(image, parsed.config, fetchOptions());
  expect(registry.lines()).toEqual([
    'GET /v2/corpus/bk-wasi-wasm/manifests/latest none',
    `GET /v2/corpus/bk-wasi-wasm/blobs/${parsed.config.digest} none`,
  ]);
  const { host } = registry;
  const stored = registry.store.manifest('corpus/bk-wasi-wasm', 'latest');
  expect(events).toEqual([
    { registry: host, host, method: 'GET', status: 200, reason: null, bytes: stored?.bytes.byteLength },
    { registry: host, host, method: 'GET', status: 200, reason: null, bytes: parsed.config.size },
  ]);
});

describe('digests', () => {
  const sha512 = `sha512:${createHash('sha512').update(bytes).digest('hex')}`;
  const sha256 = digestOf(bytes);
  const other = `sha256:${'0'.repeat(64)}`;

  test.for([
    { name: 'without a header, the digest is computed', header: undefined, asked: null, digest: sha256 },
    { name: 'a matching sha256 header is accepted', header: sha256, asked: null, digest: sha256 },
    { name: 'a matching sha512 header is accepted', header: sha512, asked: null, digest: sha512 },
    { name: 'a requested sha512 digest is returned', header: undefined, asked: sha512, digest: sha512 },
    {
      name: 'the requested algorithm takes precedence over the one in the header',
      header: sha256,
      asked: sha512,
      digest: sha512,
    },
    { name: 'a header that is not a digest is ignored', header: 'sha256:abc', asked: null, digest: sha256 },
    { name: 'a header with another digest is rejected', header: other, asked: null, digest: null },
    {
      name: 'a header that contradicts the requested digest is rejected',
      header: other,
      asked: sha256,
      digest: null,
    },
    {
      name: 'content that does not match the requested digest is rejected',
      header: undefined,
      asked: other,
      digest: null,
    },
    {
      name: 'content that matches neither the request nor the header is rejected',
      header: other,
      asked: other,
      digest: null,
    },
  ])('$name', async ({ header, asked, digest }) => {
    await using server = await startServer((_request, response) => {
      if (header !== undefined) response.setHeader('docker-content-digest', header);
      response.setHeader('content-type', OCI_MANIFEST);
      response.end(bytes);
    });
    await using client = createTestClient([server]);
    const image = imageAt(server, asked === null ? 'a:1' : `a@${asked}`);
    const outcome = await client.fetchManifest(image, fetchOptions()).then(
      (fetched) => fetched.digest,
      (error: { code: string }) => error.code,
    );
    expect(outcome).toBe(digest ?? 'invalid');
  });

  test('a blob that does not match its descriptor is rejected', async () => {
    await using server = await startServer((_request, response) => response.end('{"tampered":true}'));
    await using client = createTestClient([server]);
    const blob = { digest: sha256, size: bytes.byteLength };
    expect((await failureOf(client.fetchJsonBlob(imageAt(server, 'a'), blob, fetchOptions()))).code).toBe(
      'invalid',
    );
  });
});

describe('resolving a digest with HEAD', () => {
  test('a reference with a digest needs no request', async () => {
    await using registry = await startRegistry();
    await using client = createTestClient([registry]);
    const digest = `sha256:${'0'.repeat(64)}`;
    expect(await client.resolveDigest(imageAt(registry, `a@${digest}`), fetchOptions())).toBe(digest);
    expect(registry.log).toHaveLength(0);
  });

  test.for([
    { name: 'no digest header', status: 200, header: undefined },
    { name: 'a header that is not a digest', status: 200, header: 'nonsense' },
    { name: 'a registry without HEAD', status: 405, header: undefined },
  ])('$name: null', async ({ status, header }) => {
    await using server = await startServer((_request, response) => {
      response.writeHead(status, header === undefined ? {} : { 'docker-content-digest': header });
      response.end();
    });
    await using client = createTestClient([server]);
    expect(await client.resolveDigest(imageAt(server, 'a'), fetchOptions())).toBeNull();
  });

  test('a missing image is not found', async () => {
    await using registry = await startRegistry();
    await using client = createTestClient([registry]);
    expect((await failureOf(client.resolveDigest(imageAt(registry, 'a'), fetchOptions()))).code).toBe(
      'not-found',
    );
  });
});

test('HEAD returns the digest of a tag', async () => {
  await using registry = await startRegistry();
  const digest = registry.store.putManifest('a', 'latest', { bytes, mediaType: OCI_MANIFEST });
  await using client = createTestClient([registry]);
  expect(isDigest(digest)).toBe(true);
  expect(await client.resolveDigest(imageAt(registry, 'a'), fetchOptions())).toBe(digest);
});
