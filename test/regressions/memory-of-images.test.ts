import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { createSkipList } from '../../src/assess/skip-list.ts';
import { OCI_CONFIG, OCI_MANIFEST } from '../../src/image/media-types.ts';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import type { ImageResult } from '../../src/images/image-result.ts';
import { NO_PULL_SECRETS } from '../support/assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { createLocalClient } from '../support/registry/registry-client.ts';
import { startServer } from '../support/server/http-server.ts';

const MIB = 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Returns the megabytes still in use after the work. */
async function memoryKept(work: () => Promise<void>): Promise<number> {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  await work();
  collectGarbage();
  return (process.memoryUsage().heapUsed - before) / MIB;
}

function createCatalog() {
  const client = createLocalClient();
  onTestFinished(client.close);
  return createImageCatalog({
    registry: client,
    pullSecrets: NO_PULL_SECRETS,
    logger: createRecordingLogger().logger,
  });
}

function question(image: string) {
  return { image, namespace: 'team-a', pullSecrets: [], architectures: [] };
}

/** Webhooks run before validation, and no validation bounds the length of `image`: one Pod can carry 3 MiB of it. */
test('image names of a megabyte are not cached', async () => {
  const catalog = createCatalog();
  const skipList = createSkipList(['registry.example.com/*']);
  const kept = await memoryKept(async () => {
    for (let index = 0; index < 40; index++) {
      const image = `${'x'.repeat(MIB)}/Y${index}`;
      skipList(image);
      const answer = await catalog.lookUp(question(image), { signal: AbortSignal.timeout(60_000) });
      expect(answer).toMatchObject({ kind: 'failure', reason: 'invalid' });
      expect(JSON.stringify(answer).length).toBeLessThan(1000);
    }
  });
  expect(kept).toBeLessThan(20);
});

function digestOf(bytes: string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** As many short labels as fit just below the bytes that wasmgate reads. */
function fillers(bytes: number): Readonly<Record<string, string>> {
  return Object.fromEntries(Array.from({ length: bytes / 16 }, (_, index) => [`label${index}`, 'v']));
}

/** A different image for every tag, with only labels and annotations. */
async function startHostileRegistry() {
  const annotations = fillers(MIB - 100_000);
  const config = JSON.stringify({ os: 'linux', config: { Entrypoint: ['/app'], Labels: annotations } });
  const registry = await startServer((request, response) => {
    response.setHeader('content-type', OCI_MANIFEST);
    if (request.url?.includes('/blobs/') === true) return response.end(config);
    const descriptor = { mediaType: OCI_CONFIG, digest: digestOf(config), size: config.length };
    return response.end(JSON.stringify({ schemaVersion: 2, config: descriptor, layers: [], annotations }));
  });
  onTestFinished(registry.close);
  return registry;
}

test('images with megabytes of labels are judged, and not cached', async () => {
  const catalog = createCatalog();
  const registry = await startHostileRegistry();
  const kept = await memoryKept(async () => {
    for (let index = 0; index < 20; index++) {
      const image = `${registry.host}/app:${index}`;
      const answer: ImageResult = await catalog.lookUp(question(image), {
        signal: AbortSignal.timeout(60_000),
      });
      expect(answer).toMatchObject({ kind: 'facts' });
    }
  });
  expect(kept).toBeLessThan(40);
});
