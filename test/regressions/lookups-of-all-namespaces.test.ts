import { expect, onTestFinished, test } from 'vitest';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import type { ImageResult } from '../../src/images/image-result.ts';
import { NO_PULL_SECRETS } from '../support/assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { putFixtureImages } from '../support/image/fixture-images.ts';
import { createTestClient } from '../support/registry/registry-client.ts';
import { startRegistry } from '../support/registry/registry.ts';
import { startServer } from '../support/server/http-server.ts';

const AT_ONCE = 6;
const WAITING = 3;
const HOUR = 3_600_000;

/** A registry that never answers, one that works, and a catalog with few slots. */
async function setUp(preemptAfter = HOUR) {
  let asked = 0;
  const silent = await startServer(() => void (asked += 1));
  const registry = await startRegistry({ images: putFixtureImages });
  const client = createTestClient([silent, registry]);
  onTestFinished(async () => {
    await client.close();
    await silent.close();
    await registry.close();
  });
  const catalog = createImageCatalog(
    { registry: client, pullSecrets: NO_PULL_SECRETS, logger: createRecordingLogger().logger },
    { concurrentLookups: AT_ONCE, waitingLookups: WAITING, preemptAfter },
  );
  const ask = (image: string, namespace: string, signal: AbortSignal): Promise<ImageResult> =>
    catalog.lookUp({ image, namespace, pullSecrets: [], architectures: [] }, { signal });
  return {
    asked: () => asked,
    askSilent: (namespace: string, tag: number, signal = AbortSignal.timeout(60_000)) =>
      ask(`${silent.host}/app:${tag}`, namespace, signal),
    askGood: (namespace: string, milliseconds = 60_000) =>
      ask(`${registry.host}/corpus/bk-wasi-wasm:latest`, namespace, AbortSignal.timeout(milliseconds)),
  };
}

/** Each namespace may have 32: a thousand namespaces had 32,000. */
test('lookups in progress and waiting are bounded across all namespaces', async () => {
  const { asked, askSilent } = await setUp();
  const answers = Array.from({ length: AT_ONCE + WAITING }, (_, index) =>
    askSilent(`team-${index}`, index, AbortSignal.timeout(60_000)),
  );
  await expect.poll(asked).toBe(AT_ONCE);
  expect(await askSilent('team-0', 99)).toMatchObject({
    kind: 'failure',
    reason: 'rate-limited',
    detail: expect.stringContaining('too many other lookups'),
  });
  expect(asked()).toBe(AT_ONCE);
  void answers;
});

test('a lookup that waits for a slot longer than the admission has time reports a timeout', async () => {
  const { asked, askSilent } = await setUp();
  for (let index = 0; index < AT_ONCE; index++) void askSilent(`team-${index}`, index);
  await expect.poll(asked).toBe(AT_ONCE);
  expect(await askSilent('team-0', 99, AbortSignal.timeout(20))).toMatchObject({ reason: 'timeout' });
});

test('namespaces that take every slot and get no answer do not block others', async () => {
  const { asked, askSilent, askGood } = await setUp();
  const noisy = Array.from({ length: AT_ONCE + WAITING }, (_, index) =>
    askSilent(index % 2 === 0 ? 'noisy-a' : 'noisy-b', index),
  );
  await expect.poll(asked).toBe(AT_ONCE);
  expect(await askGood('quiet')).toMatchObject({ kind: 'facts', stale: null });
  // Preempted lookups get an answer, too.
  expect(await Promise.race(noisy)).toMatchObject({ kind: 'failure' });
});

/** A hundred namespaces with a hanging registry blocked all others until their requests timed out, ten seconds later. */
test('as many namespaces as slots, with one lookup each, do not block others', async () => {
  const { asked, askSilent, askGood } = await setUp(1);
  for (let index = 0; index < AT_ONCE; index++) void askSilent(`team-${index}`, index);
  await expect.poll(asked).toBe(AT_ONCE);
  expect(await askGood('quiet', 8_000)).toMatchObject({ kind: 'facts', stale: null });
});
