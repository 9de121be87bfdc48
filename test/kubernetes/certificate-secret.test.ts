import { expect, test } from 'vitest';
import { readCertificateSecret } from '../../src/kubernetes/certificate-secret.ts';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { json, errorStatus, startScriptedApi, type Step } from '../support/kubernetes/scripted-api.ts';

const never = new AbortController().signal;
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const COLLECTION = '/api/v1/namespaces/wasmgate-system/secrets';
const SECRET = `${COLLECTION}/wasmgate-certificates`;
const absent = errorStatus(404, 'NotFound');
const METADATA = { name: 'wasmgate-certificates', resourceVersion: '7', labels: { kept: 'yes' } };
const stored = json({ metadata: METADATA, type: 'Opaque', data: { 'tls.crt': base64('cert') } });

/** Reads the Secret, and writes texts. */
async function readAndReplace(steps: readonly Step[]) {
  await using api = await startScriptedApi(steps);
  const client = createKubernetesClient(api.connection);
  const { texts, replace } = await readCertificateSecret(client, { namespace: 'wasmgate-system' }, never);
  const isWritten = await replace({ 'tls.crt': 'new' });
  const [, write] = api.seen;
  return {
    texts,
    isWritten,
    asked: api.seen.map(({ method, path }) => `${method} ${path}`),
    body: JSON.parse(write?.body ?? '') as unknown,
  };
}

test('a Secret that does not exist has no texts, and is created for TLS', async () => {
  const { texts, isWritten, asked, body } = await readAndReplace([absent, json({})]);
  expect(texts).toEqual({});
  expect(isWritten).toBe(true);
  expect(asked).toEqual([`GET ${SECRET}`, `POST ${COLLECTION}`]);
  expect(body).toMatchObject({ type: 'kubernetes.io/tls', data: { 'tls.crt': base64('new') } });
});

test('an update sends the version, the type and the labels that were read', async () => {
  const { texts, asked, body } = await readAndReplace([stored, json({})]);
  expect(texts).toEqual({ 'tls.crt': 'cert' });
  expect(asked).toEqual([`GET ${SECRET}`, `PUT ${SECRET}`]);
  expect(body).toEqual({ metadata: METADATA, type: 'Opaque', data: { 'tls.crt': base64('new') } });
});

test('an empty Secret has no texts', async () => {
  expect((await readAndReplace([json({ metadata: METADATA }), json({})])).texts).toEqual({});
});

test.for<readonly [name: string, steps: readonly Step[]]>([
  ['created', [absent, errorStatus(409, 'AlreadyExists')]],
  ['changed', [stored, errorStatus(409, 'Conflict')]],
  ['deleted', [stored, absent]],
])('a Secret that another client has %s meanwhile is not written', async ([, steps]) => {
  expect((await readAndReplace(steps)).isWritten).toBe(false);
});

test.for<readonly [name: string, steps: readonly Step[]]>([
  ['read', [errorStatus(403, 'Forbidden')]],
  ['write', [absent, errorStatus(403, 'Forbidden')]],
])('a %s that is forbidden is an error', async ([, steps]) => {
  await expect(readAndReplace(steps)).rejects.toMatchObject({ code: 'forbidden' });
});
