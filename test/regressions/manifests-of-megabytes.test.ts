import { expect, test } from 'vitest';
import { OCI_CONFIG, OCI_MANIFEST } from '../../src/image/media-types.ts';
import { parseDigest } from '../../src/image/digest.ts';
import { startServer } from '../support/http-server.ts';
import { asking, createTestClient, failureOf, imageAt } from '../support/registry-client.ts';

const MIB = 1024 * 1024;
const digest = parseDigest(`sha256:${'a'.repeat(64)}`);

/** A manifest that is valid in every way, and whose annotations alone are as long as asked for. */
function manifestOf(bytes: number): string {
  const entries = Array.from({ length: bytes / 16 }, (_, index) => [`label${index}`, 'v']);
  const config = { mediaType: OCI_CONFIG, digest, size: 300 };
  return JSON.stringify({ schemaVersion: 2, config, layers: [], annotations: Object.fromEntries(entries) });
}

/** 32 of 4 MiB, each waiting for its config, held 440 MB; the Deployment grants 256 MiB. */
test.for([
  { name: 'half a MiB is read', bytes: MIB / 2, code: null },
  { name: 'two MiB are not', bytes: 2 * MIB, code: 'too-large' },
])('of manifests $name', async ({ bytes, code }) => {
  const manifest = manifestOf(bytes);
  await using registry = await startServer((_request, response) => {
    response.writeHead(200, { 'content-type': OCI_MANIFEST }).end(manifest);
  });
  await using client = createTestClient([registry]);
  const reading = client.fetchManifest(imageAt(registry, 'app'), asking());
  if (code === null) expect(await reading).toMatchObject({ bytes: manifest.length });
  else expect((await failureOf(reading)).code).toBe(code);
});

test('nor is a config of two MiB asked for', async () => {
  await using registry = await startServer((_request, response) => response.end('{}'));
  await using client = createTestClient([registry]);
  const blob = { digest, size: 2 * MIB };
  const failure = await failureOf(client.fetchJsonBlob(imageAt(registry, 'app'), blob, asking()));
  expect(failure.code).toBe('too-large');
});
