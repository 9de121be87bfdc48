import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { EMPTY_KEYRING } from '../../src/credentials/credential.ts';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { createPullSecrets, type PullSecretsOptions } from '../../src/kubernetes/pull-secrets.ts';
import { json, errorStatus, startScriptedApi, type Step } from '../support/kubernetes/scripted-api.ts';

const never = new AbortController().signal;

function secret(type: string, key: string, content: unknown): Step {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return json({ type, data: { [key]: Buffer.from(text).toString('base64') } });
}

const entry = { 'registry.example': { username: 'anna', password: 'geheim' } };
const modern = secret('kubernetes.io/dockerconfigjson', '.dockerconfigjson', { auths: entry });
const legacy = secret('kubernetes.io/dockercfg', '.dockercfg', entry);

/** Never responds; the client's timeout leaves enough time for the request to arrive. */
const mute: Step = () => {};
const PATIENCE = { requestMilliseconds: 1000 };

async function start(steps: readonly Step[], options: PullSecretsOptions = {}) {
  const api = await startScriptedApi(steps);
  const client = createKubernetesClient(api.connection, steps.includes(mute) ? PATIENCE : {});
  const secrets = createPullSecrets({ client }, options);
  return { api, secrets, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

test.for([
  ['kubernetes.io/dockerconfigjson', modern],
  ['kubernetes.io/dockercfg', legacy],
] as const)('a secret of type %s yields its credentials', async ([, step]) => {
  await using started = await start([step]);
  expect((await started.secrets.read('team-a', ['regcred'], never)).credentials).toEqual([
    {
      server: 'registry.example',
      secret: { kind: 'basic', username: 'anna', password: 'geheim' },
      source: 'secret team-a/regcred',
    },
  ]);
  expect(started.api.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /api/v1/namespaces/team-a/secrets/regcred',
  ]);
});

test.for<readonly [name: string, step: Step]>([
  ['does not exist', errorStatus(404, 'NotFound')],
  ['is of another type', secret('Opaque', '.dockerconfigjson', { auths: entry })],
  ['has no data', json({ type: 'kubernetes.io/dockerconfigjson' })],
])('a secret that %s is skipped', async ([, step]) => {
  await using started = await start([step]);
  expect(await started.secrets.read('team-a', ['regcred'], never)).toEqual(EMPTY_KEYRING);
});

test('credentials keep the order of the named secrets', async () => {
  await using started = await start([modern]);
  const { credentials } = await started.secrets.read('team-a', ['b', 'a'], never);
  expect(credentials.map(({ source }) => source)).toEqual(['secret team-a/b', 'secret team-a/a']);
});

test('a secret is read again only when forgotten, and never shared with another namespace', async () => {
  await using started = await start([modern]);
  const { secrets, api } = started;
  await Promise.all([secrets.read('team-a', ['s'], never), secrets.read('team-a', ['s'], never)]);
  await secrets.read('team-a', ['s'], never);
  expect(api.seen.length).toBe(1);
  await secrets.read('team-b', ['s'], never);
  expect(api.seen.length).toBe(2);
  secrets.forget('team-a', ['s']);
  await secrets.read('team-b', ['s'], never);
  expect(api.seen.length).toBe(2);
  await secrets.read('team-a', ['s'], never);
  expect(api.seen.length).toBe(3);
});

test('a cached secret expires', async () => {
  await using started = await start([modern], { ttlMilliseconds: 1 });
  await started.secrets.read('team-a', ['s'], never);
  await expect
    .poll(async () => {
      await started.secrets.read('team-a', ['s'], never);
      return started.api.seen.length;
    })
    .toBeGreaterThan(1);
});

const broken = secret('kubernetes.io/dockerconfigjson', '.dockerconfigjson', '{"auths": geheim');

test.for<readonly [name: string, step: Step, failure: object]>([
  [
    'the error of a forbidden read names the missing Role',
    errorStatus(403, 'Forbidden', 'secrets "s" is forbidden'),
    {
      code: 'unauthorized',
      message: 'Cannot read pull secret "team-a/s": secrets "s" is forbidden',
      advice: expect.stringMatching(/ClusterRole wasmgate-pull-secrets .* namespace team-a/),
    },
  ],
  ['an API server in trouble', errorStatus(500, 'InternalError'), { code: 'unreachable' }],
  ['an API server that is overloaded', errorStatus(429, 'TooManyRequests'), { code: 'rate-limited' }],
  ['an API server that does not respond', mute, { code: 'timeout' }],
  ['a secret without a Docker config', broken, { code: 'invalid' }],
])('%s', async ([, step, failure]) => {
  await using started = await start([step, modern]);
  const error: unknown = await started.secrets
    .read('team-a', ['s'], never)
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject(failure);
  expect(inspect(error, { depth: null })).not.toContain('geheim');
  // Failures are not cached.
  expect((await started.secrets.read('team-a', ['s'], never)).credentials).toHaveLength(1);
});

test('a caller that gives up does not end the read for others', async () => {
  await using started = await start([() => {}]);
  const { secrets, api } = started;
  const impatient = new AbortController();
  const gaveUp = secrets.read('team-a', ['s'], impatient.signal);
  const patient = secrets.read('team-a', ['s'], never);
  await expect.poll(() => api.open.length).toBe(1);
  impatient.abort();
  await expect(gaveUp).rejects.toMatchObject({ code: 'timeout' });
  const [request] = api.seen;
  const [response] = api.open;
  if (request === undefined || response === undefined) throw new Error('nothing was asked');
  modern(request, response);
  expect((await patient).credentials).toHaveLength(1);
});

test('the cache of secrets has a limit in bytes', async () => {
  const auths = { 'registry.example': { username: 'anna', password: 'x'.repeat(50_000) } };
  const maxBytes = 1024 * 1024;
  await using started = await start(
    [secret('kubernetes.io/dockerconfigjson', '.dockerconfigjson', { auths })],
    {
      maxBytes,
    },
  );
  const { secrets, api } = started;
  const count = 40;
  for (let index = 0; index < count; index += 1) await secrets.read('a', [`s-${index}`], never);
  for (let index = count - 1; index >= 0; index -= 1) await secrets.read('a', [`s-${index}`], never);
  const kept = 2 * count - api.seen.length;
  expect(kept).toBeGreaterThan(2);
  expect(kept * 2 * 50_000).toBeLessThanOrEqual(maxBytes);
});
