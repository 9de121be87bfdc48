import { expect, onTestFinished, test } from 'vitest';
import { createAssessPod } from '../../src/assess/assess-pod.ts';
import { createDeadline } from '../../src/assess/assessment.ts';
import { EMPTY_KEYRING } from '../../src/credentials/credential.ts';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import { MAX_PULL_SECRETS } from '../../src/pod/pull-secret-names.ts';
import { clusterPort } from '../support/assess/cluster-port.ts';
import { NO_ACCOUNT_SECRETS, NO_PULL_SECRETS } from '../support/assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { putFixtureImages } from '../support/image/fixture-images.ts';
import { cluster, pod, runtimeClass, settings } from '../support/pod/pods.ts';
import { createLocalClient } from '../support/registry/registry-client.ts';
import { startRegistry } from '../support/registry/registry.ts';

/** The webhook's use case, and each list of pull secrets that it requests. */
async function setUp() {
  const registry = await startRegistry({ images: putFixtureImages });
  const client = createLocalClient();
  onTestFinished(async () => {
    await client.close();
    await registry.close();
  });
  const read = new Set<string>();
  const pullSecrets = {
    read: (_namespace: string, names: readonly string[]) => {
      read.add(names.join(' '));
      return Promise.resolve(EMPTY_KEYRING);
    },
    forget: () => undefined,
  };
  const { logger } = createRecordingLogger();
  const view = cluster([runtimeClass('wasmtime')]);
  const assess = createAssessPod(
    {
      catalog: createImageCatalog({ registry: client, pullSecrets, logger }),
      serviceAccounts: NO_ACCOUNT_SECRETS,
      cluster: clusterPort(view),
      logger,
    },
    { policy: settings({}), ownNamespace: 'wasmgate-system' },
  );
  const image = `${registry.host}/corpus/bk-wasi-wasm:latest`;
  const ask = async (names: readonly string[]): Promise<void> => {
    const spec = { imagePullSecrets: names.map((name) => ({ name })) };
    await assess({
      subject: 'pod',
      pod: pod({ containers: [{ image }], spec }),
      namespace: 'team-a',
      step: 'validate',
      deadline: createDeadline(60_000),
    });
  };
  return { ask, read, requests: () => registry.log.length };
}

test('the cache separates the secrets "one" and "two" from a secret named "one,two"', async () => {
  const { ask, read, requests } = await setUp();
  await ask(['one', 'two']);
  const first = requests();
  await ask(['one,two']);
  const second = requests();
  expect(second).toBeGreaterThan(first);
  await ask(['one', 'two', 'Not a name', 'one', '']);
  expect(requests()).toBe(second);
  expect([...read]).toEqual(['one two']);
});

test('of thousands of pull secrets the first few are part of the cache key, each once', async () => {
  const { ask, read } = await setUp();
  const names = Array.from({ length: 5000 }, (_, index) => `secret-${index}`);
  await ask(['secret-0', ...names]);
  await ask([...names, 'one-more']);
  expect([...read]).toEqual([names.slice(0, MAX_PULL_SECRETS).join(' ')]);
});

/** The API server accepts line breaks within an image's name. */
test("no image name leads to what another namespace's secret could read", async () => {
  const registry = await startRegistry({ images: putFixtureImages });
  const client = createLocalClient();
  onTestFinished(async () => {
    await client.close();
    await registry.close();
  });
  const { logger } = createRecordingLogger();
  const catalog = createImageCatalog({ registry: client, pullSecrets: NO_PULL_SECRETS, logger });
  const image = `${registry.host}/corpus/bk-wasi-wasm:latest`;
  const own = { image, namespace: 'team-a', pullSecrets: ['login'], architectures: [] };
  expect((await catalog.lookUp(own, { signal: AbortSignal.timeout(60_000) })).kind).toBe('facts');
  expect(catalog.cached(own)?.kind).toBe('facts');
  const names = [`${image}\nteam-a/login`, `team-a/login\n${image}`, `\nteam-a/login\n${image}`];
  for (const name of names) {
    const foreign = { image: name, namespace: 'team-b', pullSecrets: [], architectures: [] };
    expect(catalog.cached(foreign)).toBeUndefined();
    const signal = AbortSignal.timeout(60_000);
    expect(await catalog.lookUp(foreign, { signal })).toMatchObject({ kind: 'failure', reason: 'invalid' });
  }
});
