import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { json, errorStatus, startScriptedApi, type Step } from '../support/kubernetes/scripted-api.ts';

const call = { action: 'read thing "a"', path: '/api/v1/things/a' } as const;
const never = new AbortController().signal;

test('sends the method, query, body, headers and credentials of the call', async () => {
  await using api = await startScriptedApi([json({ kind: 'Thing' })]);
  const client = createKubernetesClient(api.connection);
  const patch = {
    method: 'PATCH',
    contentType: 'application/json-patch+json',
    body: [{ op: 'test' }],
  } as const;
  expect(await client.request({ ...call, ...patch, query: { a: 'b c' } }, never)).toEqual({ kind: 'Thing' });
  expect(api.seen[0]).toMatchObject({
    method: 'PATCH',
    path: call.path,
    body: '[{"op":"test"}]',
    headers: {
      authorization: 'Bearer test',
      'content-type': 'application/json-patch+json',
      'user-agent': 'wasmgate',
    },
  });
  expect(api.seen[0]?.query.get('a')).toBe('b c');
});

const huge: Step = (_, response) => void response.end(JSON.stringify({ text: 'x'.repeat(2000) }));
const mute: Step = () => {};
const half: Step = (_, response) => void response.writeHead(200).write('{');

test.for<readonly [name: string, step: Step, code: string, message: RegExp]>([
  ['401', errorStatus(401, 'Unauthorized'), 'unauthorized', /Unauthorized in words/],
  ['403', errorStatus(403, 'Forbidden', 'things is forbidden'), 'forbidden', /: things is forbidden$/],
  ['404', errorStatus(404, 'NotFound'), 'not-found', /NotFound/],
  ['409 because it exists', errorStatus(409, 'AlreadyExists'), 'already-exists', /AlreadyExists/],
  ['409 because it has changed', errorStatus(409, 'Conflict'), 'conflict', /Conflict/],
  ['410', errorStatus(410, 'Expired'), 'expired', /Expired/],
  ['422', errorStatus(422, 'Invalid'), 'invalid', /Invalid/],
  ['429', errorStatus(429, 'TooManyRequests'), 'too-many-requests', /TooMany/],
  [
    '500 without a Status',
    (_, response) => void response.writeHead(500).end('oops'),
    'server-error',
    /HTTP 500$/,
  ],
  [
    'an HTTPS server in Go, to plain HTTP',
    (_, response) => void response.writeHead(400).end('Client sent an HTTP request to an HTTPS server.\n'),
    'invalid',
    /HTTP 400: it expects HTTPS$/,
  ],
  [
    'a response that is not JSON',
    (_, response) => void response.end('<html>'),
    'invalid-response',
    /without a JSON object/,
  ],
  ['a response above the limit', huge, 'too-large', /exceeds 1000 bytes/],
  [
    'a silent server',
    mute,
    'timeout',
    /: the API server http:\/\/127\.0\.0\.1:\d+ did not answer within 0\.2 s$/,
  ],
  ['a server that stops in the middle', half, 'timeout', /did not answer within 0\.2 s$/],
  [
    'a connection that is closed',
    (_, response) => void response.destroy(),
    'unreachable',
    /^Cannot read thing "a": http:\/\/127\.0\.0\.1:\d+: it closed the connection without an answer$/,
  ],
])('%s', async ([, step, code, message]) => {
  await using api = await startScriptedApi([step]);
  const limits = { maxBodyBytes: 1000, ...(code === 'timeout' ? { requestMilliseconds: 200 } : {}) };
  const client = createKubernetesClient(api.connection, limits);
  await expect(client.request(call, never)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});

test('a server that does not exist is unreachable', async () => {
  const api = await startScriptedApi([mute]);
  await api[Symbol.asyncDispose]();
  const client = createKubernetesClient(api.connection);
  await expect(client.request(call, never)).rejects.toMatchObject({ code: 'unreachable' });
});

describe('the caller cancels', () => {
  test('before the call, during it, and by its own timeout', async () => {
    await using api = await startScriptedApi([mute]);
    const client = createKubernetesClient(api.connection);
    await expect(client.request(call, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
    expect(api.seen.length).toBe(0);
    const controller = new AbortController();
    const asked = client.request(call, controller.signal);
    await expect.poll(() => api.seen.length).toBe(1);
    controller.abort();
    await expect(asked).rejects.toMatchObject({ code: 'aborted' });
    await expect(client.request(call, AbortSignal.timeout(10))).rejects.toMatchObject({ code: 'timeout' });
  });
});

test('an idle connection that the server has just closed is not a failure', async () => {
  let connections = 0;
  // Closes every connection at its second request: the first one succeeds, the second finds a dead socket.
  const server = createServer((request, response) => {
    const { socket } = request;
    if (Reflect.get(socket, 'used') === true) return void socket.destroy();
    Reflect.set(socket, 'used', true);
    response.end('{}');
  });
  server.on('connection', () => (connections += 1));
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  const { port } = server.address() as AddressInfo;
  const client = createKubernetesClient({
    server: new URL(`http://127.0.0.1:${port}`),
    requestOptions: () => Promise.resolve({}),
  });
  await client.request(call, never);
  expect(await client.request(call, never)).toEqual({});
  expect(connections).toBe(2);
  await expect(client.request({ ...call, method: 'POST', body: {} }, never)).rejects.toMatchObject({
    code: 'unreachable',
  });
  server.closeAllConnections();
  server.close();
});
