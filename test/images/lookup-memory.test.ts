import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { OCI_INDEX, OCI_MANIFEST } from '../../src/image/media-types.ts';
import { inspectImage } from '../../src/images/inspect-image.ts';
import { createLookupMemory } from '../../src/images/lookup-memory.ts';
import { digestOf } from '../support/image/image-facts.ts';
import { createTestClient, failureOf, imageAt } from '../support/registry/registry-client.ts';
import { startServer } from '../support/server/http-server.ts';

test.for<{ readonly name: string; readonly after: 'release' | 'reserve' }>([
  { name: 'is cut off', after: 'release' },
  { name: 'keeps arriving', after: 'reserve' },
])('a body in flight when its lookup ends, and $name, is not counted twice', ({ after }) => {
  const memory = createLookupMemory();
  const reservation = memory.open('team-a', new AbortController().signal);
  expect(reservation.reserve(1000)).toBe(true);
  expect(memory.bytesHeld()).toBe(1000);
  reservation[Symbol.dispose]();
  reservation[after](1000);
  expect(memory.bytesHeld()).toBe(0);
});

/** Bytes, far more than the index takes. */
const CHILD = 100_000;

test('a missing child ends the lookup while another child arrives, and its bytes are released once', async () => {
  const memory = createLookupMemory();
  const architectures = ['amd64', 'arm64'];
  const manifests = architectures.map((architecture) => ({
    mediaType: OCI_MANIFEST,
    digest: digestOf(architecture),
    size: CHILD,
    platform: { os: 'linux', architecture },
  }));
  const index = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests });
  const slow = Promise.withResolvers<ServerResponse>();
  const missing = Promise.withResolvers<ServerResponse>();
  const registry = await startServer((request, response) => {
    if (request.url?.endsWith(digestOf('amd64')) === true) {
      response.writeHead(200, { 'content-length': CHILD }).write('x'.repeat(CHILD / 2));
      slow.resolve(response);
    } else if (request.url?.endsWith(digestOf('arm64')) === true) missing.resolve(response);
    else response.writeHead(200, { 'content-type': OCI_INDEX }).end(index);
  });
  const client = createTestClient([registry]);
  onTestFinished(async () => {
    await client.close();
    await registry.close();
  });

  async function lookUp(): Promise<void> {
    using reservation = memory.open('team-a', AbortSignal.timeout(60_000));
    const { signal } = reservation;
    const reference = imageAt(registry, 'app');
    await inspectImage(client, {
      reference,
      credentials: [],
      tenant: 'team-a',
      architectures,
      signal,
      memory: reservation,
    });
  }

  const failed = failureOf(lookUp());
  const cut = once(await slow.promise, 'close');
  await expect.poll(memory.bytesHeld).toBeGreaterThanOrEqual(CHILD);
  (await missing.promise).writeHead(404).end();
  expect((await failed).code).toBe('not-found');
  await cut;
  expect(memory.bytesHeld()).toBe(0);
});
