import { expect, test } from 'vitest';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { createServiceAccounts } from '../../src/kubernetes/service-accounts.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { json, errorStatus, startScriptedApi, type Step } from '../support/kubernetes/scripted-api.ts';

const never = new AbortController().signal;

/** Never responds; the client's timeout leaves enough time for the request to arrive. */
const mute: Step = () => {};
const PATIENCE = { requestMilliseconds: 1000 };

async function start(steps: readonly Step[], ttlMilliseconds = 60_000) {
  const api = await startScriptedApi(steps);
  const client = createKubernetesClient(api.connection, steps.includes(mute) ? PATIENCE : {});
  const { logger, messages } = createRecordingLogger();
  const accounts = createServiceAccounts({ client, logger }, { ttlMilliseconds });
  return {
    api,
    accounts,
    warnings: () => messages('warn'),
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
}

const account = json({ imagePullSecrets: [{ name: 'b' }, {}, { name: 'a' }, { name: '' }, 7] });

test('an account yields the names of its pull secrets in order', async () => {
  await using started = await start([account]);
  expect(await started.accounts.pullSecrets('team-a', 'builder', never)).toEqual(['b', 'a']);
  expect(started.api.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /api/v1/namespaces/team-a/serviceaccounts/builder',
  ]);
});

test('callers share one read of an account; other namespaces do not', async () => {
  await using started = await start([account]);
  const ask = (namespace: string) => started.accounts.pullSecrets(namespace, 'default', never);
  await Promise.all([ask('team-a'), ask('team-a')]);
  await ask('team-a');
  expect(started.api.seen.length).toBe(1);
  await ask('team-b');
  expect(started.api.seen.length).toBe(2);
});

test('a cached account expires', async () => {
  await using started = await start([account], 1);
  await expect
    .poll(async () => {
      await started.accounts.pullSecrets('team-a', 'default', never);
      return started.api.seen.length;
    })
    .toBeGreaterThan(1);
});

test.for<readonly [name: string, step: Step, asked: number, warnings: number]>([
  ['without pull secrets', json({ metadata: {} }), 1, 0],
  ['whose imagePullSecrets is not a list', json({ imagePullSecrets: 'b' }), 1, 0],
  ['that does not exist (yet)', errorStatus(404, 'NotFound'), 1, 0],
  ['that may not be read, which is logged once', errorStatus(403, 'Forbidden'), 1, 1],
  ['of an API server in trouble, which may pass', errorStatus(500, 'InternalError'), 2, 2],
  ['of an API server that does not respond', mute, 2, 2],
])('an account %s yields no names', async ([, step, asked, warnings]) => {
  await using started = await start([step]);
  expect(await started.accounts.pullSecrets('team-a', 'default', never)).toEqual([]);
  expect(await started.accounts.pullSecrets('team-a', 'default', never)).toEqual([]);
  expect(started.api.seen.length).toBe(asked);
  expect(started.warnings()).toHaveLength(warnings);
});

test('a caller without time goes on without', async () => {
  await using started = await start([mute]);
  expect(await started.accounts.pullSecrets('team-a', 'default', AbortSignal.abort())).toEqual([]);
  expect(await started.accounts.pullSecrets('team-a', 'default', AbortSignal.timeout(10))).toEqual([]);
});

test('the cache of accounts has a limit in bytes', async () => {
  const names = Array.from({ length: 32 }, (_, index) => `${index}`.padEnd(250, 'x'));
  const large = json({ imagePullSecrets: names.map((name) => ({ name })) });
  await using api = await startScriptedApi([large]);
  const { logger } = createRecordingLogger();
  const maxBytes = 100_000;
  const accounts = createServiceAccounts(
    { client: createKubernetesClient(api.connection), logger },
    { maxBytes },
  );
  const count = 20;
  for (let index = 0; index < count; index += 1) await accounts.pullSecrets('a', `b-${index}`, never);
  for (let index = count - 1; index >= 0; index -= 1) await accounts.pullSecrets('a', `b-${index}`, never);
  const kept = 2 * count - api.seen.length;
  expect(kept).toBeGreaterThan(2);
  expect(kept * 32 * 250 * 2).toBeLessThanOrEqual(maxBytes);
});
