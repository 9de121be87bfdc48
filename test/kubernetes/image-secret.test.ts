import { randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { createImageSecret, IMAGE_SECRET } from '../../src/kubernetes/image-secret.ts';
import { errorStatus, json, startScriptedApi, type Step } from '../support/kubernetes/scripted-api.ts';

const PATH = '/api/v1/namespaces/wasmgate-system/secrets/wasmgate-images';
const { signal } = new AbortController();

function secret(data: object | undefined, resourceVersion = '7'): Step {
  return json({
    metadata: { name: 'wasmgate-images', resourceVersion },
    ...(data === undefined ? {} : { data }),
  });
}

async function setUp(steps: readonly Step[]) {
  const api = await startScriptedApi(steps);
  onTestFinished(() => api[Symbol.asyncDispose]());
  const store = createImageSecret(
    { client: createKubernetesClient(api.connection) },
    { namespace: 'wasmgate-system' },
  );
  return { api, store };
}

const gzipped = (text: string): object => ({ [IMAGE_SECRET.key]: gzipSync(text).toString('base64') });

test.each<readonly [string, object | undefined, string | null]>([
  ['as shipped', undefined, null],
  ['with a snapshot', gzipped('images'), 'images'],
  ['with something else', { [IMAGE_SECRET.key]: 'bm90IGd6aXA=' }, ''],
  ['with a snapshot that expands too far', gzipped('x'.repeat(IMAGE_SECRET.maxInflatedBytes + 1)), ''],
])('a Secret %s is read', async (_case, data, text) => {
  const { store } = await setUp([secret(data)]);
  expect(await store.read(null, signal)).toEqual({ text, version: '7' });
});

test('what has not changed is not transferred again', async () => {
  const { store, api } = await setUp([
    secret(undefined, '7'),
    secret(undefined, '8'),
    secret(gzipped('images'), '8'),
  ]);
  expect(await store.read('7', signal)).toBeNull();
  expect(await store.read('7', signal)).toEqual({ text: 'images', version: '8' });
  expect(api.seen.map(({ headers }) => headers.accept?.includes('PartialObjectMetadata'))).toEqual([
    true,
    true,
    false,
  ]);
});

test('a write changes only its own key, and only the version that was read', async () => {
  const { store, api } = await setUp([secret(undefined, '8'), errorStatus(409, 'Conflict')]);
  expect(await store.write('images', '7', signal)).toBe('8');
  const [{ method, path, body, headers } = { method: '', path: '', body: '{}', headers: {} }] = api.seen;
  expect({ method, path }).toEqual({ method: 'PATCH', path: PATH });
  expect(headers['content-type']).toBe('application/merge-patch+json');
  const patch = JSON.parse(body) as { metadata: object; data: Record<string, string> };
  expect(patch.metadata).toEqual({ resourceVersion: '7' });
  expect(gunzipSync(Buffer.from(patch.data[IMAGE_SECRET.key] ?? '', 'base64')).toString()).toBe('images');
  await expect(store.write('images', '7', signal)).rejects.toMatchObject({ code: 'conflict' });
});

test('what does not fit into a Secret is not sent', async () => {
  const { store, api } = await setUp([secret(undefined)]);
  const text = randomBytes(IMAGE_SECRET.maxBytes).toString('base64');
  await expect(store.write(text, '7', signal)).rejects.toMatchObject({ code: 'too-large' });
  expect(api.seen).toEqual([]);
});
