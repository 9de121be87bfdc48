import { expect, onTestFinished, test } from 'vitest';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import { CATALOG_LIMITS } from '../../src/images/settings.ts';
import { NO_PULL_SECRETS } from '../support/assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { createLocalClient } from '../support/registry/registry-client.ts';
import { startServer } from '../support/server/http-server.ts';

const MOST = CATALOG_LIMITS.lookupsPerNamespace;

/** A catalog, and a registry that accepts every request and answers none. */
async function setUp() {
  const registry = await startServer(() => undefined);
  const client = createLocalClient();
  onTestFinished(async () => {
    await client.close();
    await registry.close();
  });
  const catalog = createImageCatalog({
    registry: client,
    pullSecrets: NO_PULL_SECRETS,
    logger: createRecordingLogger().logger,
  });
  const ask = async (namespace: string, tag: number): Promise<string> => {
    const image = `${registry.host}/app:${tag}`;
    const question = { image, namespace, pullSecrets: [], architectures: [] };
    const answer = await catalog.lookUp(question, { signal: AbortSignal.abort() });
    return answer.kind === 'failure' ? answer.reason : answer.kind;
  };
  const askAll = (namespace: string, tags: readonly number[]): Promise<readonly string[]> =>
    Promise.all(tags.map((tag) => ask(namespace, tag)));
  return { askAll };
}

function numbers(from: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

function times(count: number, reason: string): readonly string[] {
  return Array.from({ length: count }, () => reason);
}

/** A Pod of 3 MiB can name 40,000 images; each would be looked up for half a minute after the end of its admission. */
test('the lookups of a namespace are bounded, and take no slot of another', async () => {
  const { askAll } = await setUp();
  expect(await askAll('team-a', numbers(0, MOST + 5))).toEqual([
    ...times(MOST, 'timeout'),
    ...times(5, 'rate-limited'),
  ]);
  expect(await askAll('team-b', numbers(1000, 3))).toEqual(times(3, 'timeout'));
});

test('the replicas of a rollout share one lookup', async () => {
  const { askAll } = await setUp();
  expect(
    await askAll('team-a', [...numbers(0, MOST - 1), ...Array.from({ length: 200 }, () => 999)]),
  ).toEqual(times(MOST + 199, 'timeout'));
});
