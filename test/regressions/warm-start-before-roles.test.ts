import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import { writeSnapshot } from '../../src/images/snapshot.ts';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { createCluster } from '../../src/kubernetes/cluster.ts';
import { COLLECTIONS } from '../../src/kubernetes/collections.ts';
import { startWarm } from '../../src/wire/warm-start.ts';
import { NO_PULL_SECRETS } from '../support/assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { imageFacts, linux } from '../support/image/image-facts.ts';
import { errorStatus, json, startScriptedApi, type Step } from '../support/kubernetes/scripted-api.ts';
import { createLocalClient } from '../support/registry/registry-client.ts';

const request = { image: 'registry.example/app:1', namespace: 'team-a', pullSecrets: [], architectures: [] };

/**
 * After a power cut, the API server and wasmgate start together. The API server forbids everything for a second, which a
 * replica took for an installation that stores nothing, and so it knew no image.
 */
test('a replica that starts before the API server knows its roles restores what is stored', async () => {
  const facts = imageFacts(linux('/server'));
  const text = await writeSnapshot([{ request, facts, confirmedAt: Date.now(), architectures: null }]);
  const lists = new Map(Object.values(COLLECTIONS).map(({ path }) => [path as string, 0]));
  const answer: Step = (seen, response) => {
    const count = lists.get(seen.path);
    if (count !== undefined) lists.set(seen.path, count + 1);
    // Each list fails once; until all have been repeated, everything is forbidden.
    if ([...lists.values()].some((times) => times < 2)) return errorStatus(403, 'Forbidden')(seen, response);
    // A watch without events.
    if (seen.query.has('watch')) return response.writeHead(200).flushHeaders();
    if (seen.path.endsWith('/wasmgate-images')) {
      const data = { 'images.gz': gzipSync(text).toString('base64') };
      return json({ metadata: { resourceVersion: '1' }, data })(seen, response);
    }
    return json({ metadata: { resourceVersion: '1' }, items: [] })(seen, response);
  };
  const api = await startScriptedApi([answer]);
  const registry = createLocalClient();
  const { logger, messages } = createRecordingLogger();
  const client = createKubernetesClient(api.connection);
  const cluster = createCluster({ client, logger }, { firstMilliseconds: 10 });
  const stopping = new AbortController();
  onTestFinished(async () => {
    stopping.abort();
    await cluster.stop();
    await registry.close();
    await api[Symbol.asyncDispose]();
  });
  cluster.start();
  const catalog = createImageCatalog({ registry, pullSecrets: NO_PULL_SECRETS, logger });
  const parts = {
    assess: () => ({ kind: 'skipped', reason: '', notes: [] }) as const,
    catalog,
    cluster,
    client,
    namespace: 'wasmgate-system',
    metrics: { images: { onWarmed: () => {} } },
    logger,
  };
  const { check } = startWarm(parts, stopping.signal);
  await expect.poll(check, { timeout: 10_000 }).toBeNull();
  expect(catalog.isKnown(request)).toBe(true);
  expect(messages('info')).not.toContain('replicas do not share what they know of images');
});
