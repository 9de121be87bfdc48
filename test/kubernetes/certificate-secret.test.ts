import { expect, test } from 'vitest';
import { type CertificateBundle, loadCertificateSecret } from '../../src/kubernetes/certificate-secret.ts';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { json, errorStatus, startScriptedApi, type Step } from '../support/kubernetes/scripted-api.ts';

const bundle = (mark: string): CertificateBundle => ({
  caCert: `ca ${mark}`,
  caKey: `ca key ${mark}`,
  cert: `cert ${mark}`,
  key: `key ${mark}`,
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function secret({ caCert, caKey, cert, key }: CertificateBundle): Step {
  return json({
    metadata: { name: 'wasmgate-certificates', resourceVersion: '7', labels: { kept: 'yes' } },
    type: 'kubernetes.io/tls',
    data: {
      'ca.crt': base64(caCert),
      'ca.key': base64(caKey),
      'tls.crt': base64(cert),
      'tls.key': base64(key),
    },
  });
}

/** A bundle marked `good` can serve; one marked `made` replaces any other. */
async function load(steps: readonly Step[]) {
  const api = await startScriptedApi(steps);
  const deps = {
    client: createKubernetesClient(api.connection),
    logger: createRecordingLogger().logger,
    renew: (known: CertificateBundle | null) =>
      Promise.resolve(known?.cert === 'cert good' ? known : bundle('made')),
  };
  const options = { namespace: 'wasmgate-system', retry: { firstMilliseconds: 1, maxMilliseconds: 2 } };
  try {
    const loaded = await loadCertificateSecret(deps, options, new AbortController().signal);
    return { loaded, asked: api.seen.map(({ method, path }) => `${method} ${path}`), seen: api.seen };
  } finally {
    await api[Symbol.asyncDispose]();
  }
}

const COLLECTION = '/api/v1/namespaces/wasmgate-system/secrets';
const SECRET = `${COLLECTION}/wasmgate-certificates`;
const absent = errorStatus(404, 'NotFound');
const good = secret(bundle('good'));
const worn = secret(bundle('worn'));

test.for<readonly [name: string, steps: readonly Step[], winner: string, asked: readonly string[]]>([
  ['that can serve is used', [good], 'good', [`GET ${SECRET}`]],
  ['that does not exist is created', [absent, json({})], 'made', [`GET ${SECRET}`, `POST ${COLLECTION}`]],
  ['that is empty is filled', [json({ metadata: {} }), json({})], 'made', [`GET ${SECRET}`, `PUT ${SECRET}`]],
  ['that is about to expire is replaced', [worn, json({})], 'made', [`GET ${SECRET}`, `PUT ${SECRET}`]],
  [
    'that another replica created meanwhile is used',
    [absent, errorStatus(409, 'AlreadyExists'), good],
    'good',
    [`GET ${SECRET}`, `POST ${COLLECTION}`, `GET ${SECRET}`],
  ],
  [
    'that another replica replaced meanwhile is used',
    [worn, errorStatus(409, 'Conflict'), good],
    'good',
    [`GET ${SECRET}`, `PUT ${SECRET}`, `GET ${SECRET}`],
  ],
  [
    'that was deleted meanwhile is created',
    [worn, errorStatus(404, 'NotFound'), absent, json({})],
    'made',
    [`GET ${SECRET}`, `PUT ${SECRET}`, `GET ${SECRET}`, `POST ${COLLECTION}`],
  ],
])('a secret %s', async ([, steps, winner, asked]) => {
  const result = await load(steps);
  expect(result.loaded).toEqual(bundle(winner));
  expect(result.asked).toEqual(asked);
});

test('an update sends the version that was read, and keeps what others put into the secret', async () => {
  const { seen } = await load([worn, json({})]);
  expect(JSON.parse(seen[1]?.body ?? '')).toMatchObject({
    metadata: { resourceVersion: '7', labels: { kept: 'yes' } },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': base64('cert made'), 'tls.key': base64('key made') },
  });
});

test('loading waits for an API server that is unreachable or still starting', async () => {
  const broken: Step = (_request, response) => void response.destroy();
  const steps = [broken, errorStatus(503, 'ServiceUnavailable'), errorStatus(429, 'TooManyRequests'), good];
  expect((await load(steps)).loaded).toEqual(bundle('good'));
});

test('waiting ends when the program stops', async () => {
  await using api = await startScriptedApi([errorStatus(503, 'ServiceUnavailable')]);
  const client = createKubernetesClient(api.connection);
  const stopping = new AbortController();
  const deps = {
    client,
    logger: createRecordingLogger().logger,
    renew: () => Promise.resolve(bundle('made')),
  };
  const loading = loadCertificateSecret(deps, { namespace: 'wasmgate-system' }, stopping.signal);
  // Asserted below; until then the rejection must not go unhandled.
  loading.catch(() => {});
  await expect.poll(() => api.seen.length).toBe(1);
  stopping.abort();
  await expect(loading).rejects.toMatchObject({ code: 'aborted' });
});

test.for<readonly [name: string, steps: readonly Step[], code: string]>([
  ['a read that is forbidden', [errorStatus(403, 'Forbidden')], 'forbidden'],
  ['a write that is forbidden', [absent, errorStatus(403, 'Forbidden')], 'forbidden'],
  [
    'losing the race every time',
    [
      worn,
      ...Array.from({ length: 4 }, () => [errorStatus(409, 'Conflict'), worn]).flat(),
      errorStatus(409, 'Conflict'),
    ],
    'conflict',
  ],
])('%s is an error', async ([, steps, code]) => {
  await expect(load(steps)).rejects.toMatchObject({ code });
});
