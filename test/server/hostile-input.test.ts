import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { expect, test } from 'vitest';
import { AppError } from '../../src/lib/errors.ts';
import { hasControlCharacters } from '../../src/lib/strip-control-characters.ts';
import { THROTTLE_LIMITS as LINES } from '../../src/lib/throttled-warn.ts';
import { SERVER_LIMITS } from '../../src/server/app.ts';
import { readReview } from '../support/admission/reviews.ts';
import { answering, decided } from '../support/assess/assessments.ts';
import { startWebhook, type Webhook } from '../support/server/webhook.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const review = readReview('05');
const good = JSON.stringify(review);
const PADDING = 'x'.repeat(SERVER_LIMITS.bodyLimit);

function changed(change: object): string {
  return JSON.stringify({ ...review, ...change });
}

async function expectServing(webhook: Webhook): Promise<void> {
  const reply = await webhook.post('/validate', good);
  expect(reply.status).toBe(200);
  expect(reply.json()).toMatchObject({ response: { uid: review.request.uid, allowed: true } });
}

test.each([
  ['an empty body', '', JSON_TYPE, 400, 'not-json'],
  ['no body and no type', undefined, {}, 400, 'not-a-review'],
  ['not JSON', '{"apiVersion":', JSON_TYPE, 400, 'not-json'],
  ['bytes that are not text', '\u0000\ufffd\u0001', JSON_TYPE, 400, 'not-json'],
  ['JSON null', 'null', JSON_TYPE, 400, 'not-a-review'],
  ['a JSON list', '[]', JSON_TYPE, 400, 'not-a-review'],
  ['unterminated nesting', '['.repeat(200_000), JSON_TYPE, 400, 'not-json'],
  ['another kind', changed({ kind: 'Pod' }), JSON_TYPE, 400, 'not-a-review'],
  ['v1beta1', changed({ apiVersion: 'admission.k8s.io/v1beta1' }), JSON_TYPE, 400, 'wrong-review-version'],
  ['no request', changed({ request: undefined }), JSON_TYPE, 400, 'no-request'],
  ['no uid', changed({ request: { ...review.request, uid: undefined } }), JSON_TYPE, 400, 'no-uid'],
  ['a body larger than 7 MiB', changed({ padding: PADDING }), JSON_TYPE, 413, 'body-too-large'],
  ['YAML', good, { 'content-type': 'application/yaml' }, 415, 'wrong-content-type'],
  ['a form', good, { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'wrong-content-type'],
  ['plain text', good, { 'content-type': 'text/plain' }, 415, 'wrong-content-type'],
  ['a malformed content type', good, { 'content-type': 'json' }, 415, 'wrong-content-type'],
])(
  '%s is rejected with a clear error, and the next request succeeds',
  async (_case, body, headers, status, code) => {
    const { assess, asked } = answering(decided());
    await using webhook = await startWebhook({ assess });
    for (const path of ['/mutate', '/validate']) {
      const reply = await webhook.send('POST', path, body, headers);
      expect(reply.status).toBe(status);
      expect(reply.headers['content-type']).toContain('application/json');
      expect(reply.json()).toEqual({
        code,
        message: expect.stringMatching(/^Cannot read/),
        advice: expect.any(String),
      });
    }
    expect(asked).toEqual([]);
    await expectServing(webhook);
  },
);

test.each([
  ['null', null],
  ['a string', 'pod'],
  ['a list', []],
  ['a Pod without a spec', { metadata: {} }],
  ['a Pod with a null spec', { spec: null }],
  ['a Pod without containers', { spec: {} }],
  ['a container that is null', { spec: { containers: [null] } }],
  ['metadata that is a list', { metadata: [], spec: { containers: [] } }],
  ['a numeric annotation', { metadata: { annotations: { a: 1 } }, spec: { containers: [] } }],
])('an object that is %s is allowed, and the next request is served', async (_case, object) => {
  const { assess, asked } = answering(decided());
  await using webhook = await startWebhook({ assess });
  const body = changed({ request: { ...review.request, object } });
  for (const path of ['/mutate', '/validate']) {
    const reply = await webhook.post(path, body);
    expect(reply.json()).toMatchObject({ response: { uid: review.request.uid, allowed: true } });
  }
  expect(asked).toEqual([]);
  await expectServing(webhook);
});

test('a review of nearly 7 MiB is accepted', async () => {
  const { assess } = answering(decided());
  await using webhook = await startWebhook({ assess });
  const padding = 'x'.repeat(SERVER_LIMITS.bodyLimit - good.length - 100);
  expect((await webhook.post('/validate', changed({ padding }))).status).toBe(200);
});

function openRequest(webhook: Webhook, headers: Readonly<Record<string, string>> = {}) {
  return request({
    host: '127.0.0.1',
    port: webhook.port,
    path: '/validate',
    method: 'POST',
    headers: { ...JSON_TYPE, ...headers },
    ca: webhook.certificate.caCert,
    agent: false,
  });
}

test('an endless body is rejected at the size limit', async () => {
  const { assess } = answering(decided());
  await using webhook = await startWebhook({ assess });
  const endless = openRequest(webhook);
  const answered = once(endless, 'response');
  let chunksLeft = 64;
  const pump = (): void => {
    chunksLeft -= 1;
    if (chunksLeft > 0)
      endless.write(Buffer.alloc(1024 * 1024, ' '), (error) => (error ? undefined : pump()));
  };
  endless.on('error', () => {});
  pump();
  const [response] = (await answered) as [IncomingMessage];
  expect(response.statusCode).toBe(413);
  expect(JSON.parse(await text(response))).toMatchObject({ code: 'body-too-large' });
  endless.destroy();
  await expectServing(webhook);
});

test('a body that stalls times out', async () => {
  const { assess } = answering(decided());
  // Generous, because the valid request at the end is subject to it, too.
  await using webhook = await startWebhook({ assess, app: { requestTimeout: 1000 } });
  const slow = openRequest(webhook);
  slow.on('error', () => {});
  const closed = once(slow, 'close');
  slow.write('{');
  await closed;
  await expectServing(webhook);
});

/** Sends part of a body and waits until the server has received the request. */
async function sendPart(webhook: Webhook, part: string, headers: Readonly<Record<string, string>> = {}) {
  const slow = openRequest(webhook, headers);
  slow.on('error', () => {});
  const taken = once(webhook.app.server, 'request');
  slow.write(part);
  await taken;
  return slow;
}

test('arriving bodies stay within the memory budget, and release it', async () => {
  const { assess } = answering(decided());
  // A single address may use three quarters of this.
  await using webhook = await startWebhook({ assess, app: { receivedBytes: 4 * good.length } });
  const part = good.slice(0, -1);
  const parts = [await sendPart(webhook, part), await sendPart(webhook, part)];
  await expect.poll(async () => (await webhook.post('/validate', good)).status).toBe(503);
  const refused = await webhook.post('/validate', good);
  expect(refused.headers['retry-after']).toBe('1');
  expect(refused.json()).toMatchObject({
    code: 'too-many-bytes',
    message: expect.stringMatching(/^Cannot read body/),
  });
  expect((await webhook.get('/healthz')).status).toBe(200);
  for (const slow of parts) slow.destroy();
  await expect.poll(async () => (await webhook.post('/validate', good)).status).toBe(200);
  await expectServing(webhook);
});

const MIB = 1024 * 1024;

/** These bodies would take 50 MiB in total. */
test.each([
  ['with a Content-Length', { 'content-length': String(MIB) }],
  ['with chunked encoding', { 'transfer-encoding': 'chunked' }],
])('incomplete bodies %s reserve no memory for what they have not sent', async (_case, headers) => {
  const { assess } = answering(decided());
  await using webhook = await startWebhook({ assess, app: { bodyLimit: MIB } });
  const parts = [];
  for (let index = 0; index < 50; index += 1) parts.push(await sendPart(webhook, '{', headers));
  const replies = await Promise.all(Array.from({ length: 50 }, () => webhook.post('/validate', good)));
  expect(replies.filter(({ status }) => status !== 200)).toEqual([]);
  for (const slow of parts) slow.destroy();
});

test('a chunked body is accepted', async () => {
  const { assess } = answering(decided());
  await using webhook = await startWebhook({ assess });
  const chunked = openRequest(webhook, { 'transfer-encoding': 'chunked' });
  const answered = once(chunked, 'response');
  for (const character of good) chunked.write(character);
  chunked.end();
  const [response] = (await answered) as [IncomingMessage];
  response.resume();
  expect(response.statusCode).toBe(200);
});

test('the server waits for a body no longer than the API server waits for an answer', () => {
  expect(SERVER_LIMITS.requestTimeout).toBeLessThanOrEqual(10_000);
});

test('after plain HTTP on the HTTPS port, and a client that hangs up, the next request is served', async () => {
  const { assess } = answering(decided());
  await using webhook = await startWebhook({ assess });
  await expect(fetch(`http://127.0.0.1:${webhook.port}/healthz`)).rejects.toThrow('fetch failed');
  const socket = connect({ host: '127.0.0.1', port: webhook.port, ca: webhook.certificate.caCert });
  await once(socket, 'secureConnect');
  socket.write(
    'POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{',
  );
  socket.destroy();
  await expectServing(webhook);
});

test('bytes that are not HTTP get 400', async () => {
  const { assess } = answering(decided());
  await using webhook = await startWebhook({ assess });
  const socket = connect({ host: '127.0.0.1', port: webhook.port, ca: webhook.certificate.caCert });
  await once(socket, 'secureConnect');
  socket.write('nonsense\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 /);
  await expectServing(webhook);
});

test.each([
  ['GET', '/mutate', 405, 'wrong-method'],
  ['GET', '/validate?timeout=1s', 405, 'wrong-method'],
  ['POST', '/readyz', 405, 'wrong-method'],
  ['GET', '/', 404, 'not-found'],
  ['GET', '/constructor', 404, 'not-found'],
  ['GET', '/%', 400, 'FST_ERR_BAD_URL'],
] as const)('%s %s is %i', async (method, path, status, code) => {
  const { assess } = answering(decided());
  await using webhook = await startWebhook({ assess });
  const reply = await webhook.send(method, path);
  expect(reply.status).toBe(status);
  expect(reply.json()).toMatchObject({ code });
  expect(reply.headers['allow']).toBe(status === 405 ? (method === 'GET' ? 'POST' : 'GET') : undefined);
});

test.each([
  ['an unexpected error', new TypeError('x is not a function at /somewhere'), 'a fault inside wasmgate'],
  [
    'a fault with a message',
    new AppError('cluster-away', 'Cannot read namespace "a": no answer'),
    'Cannot read namespace "a"',
  ],
])('%s is HTTP 500 without a decision, and is logged once with the uid', async (_case, fault, says) => {
  let isBroken = true;
  const assess = () => (isBroken ? Promise.reject(fault) : Promise.resolve(decided()));
  await using webhook = await startWebhook({ assess });
  for (const path of ['/mutate', '/validate']) {
    const reply = await webhook.post(path, good);
    expect(reply.status).toBe(500);
    expect(reply.json()).toMatchObject({ code: 'internal-fault', message: expect.stringContaining(says) });
    expect(reply.text).not.toContain('/somewhere');
  }
  expect(webhook.log).toHaveLength(2);
  expect(JSON.parse(webhook.log[0] ?? '')).toMatchObject({
    level: 'error',
    uid: review.request.uid,
    err: { message: fault.message },
  });
  isBroken = false;
  await expectServing(webhook);
});

test('a timeout that is not a duration is logged, and the request is processed', async () => {
  const { assess, asked } = answering(decided());
  await using webhook = await startWebhook({ assess });
  const reply = await webhook.post(`/validate?timeout=${'soon'.repeat(100)}&timeout=10s`, good);
  expect(reply.status).toBe(200);
  expect(asked).toHaveLength(1);
  expect(webhook.log).toEqual([expect.stringContaining('timeout is not a duration')]);
  expect(webhook.log[0]?.length).toBeLessThan(300);
});

test('such a timeout is logged on one line without control characters, at a limited rate', async () => {
  const { assess, asked } = answering(decided());
  await using webhook = await startWebhook({ assess });
  const count = 3 * LINES.most;
  const garbage = encodeURIComponent('\u202e\u009b31m\u2028\u007f\n');
  for (let sent = 0; sent < count; sent += 1) await webhook.post(`/validate?timeout=${garbage}`, good);
  expect(asked).toHaveLength(count);
  const [first = ''] = webhook.log;
  expect(webhook.log.filter((line) => line.includes('timeout is not a duration'))).toHaveLength(LINES.most);
  expect(hasControlCharacters((JSON.parse(first) as { timeout: string }).timeout)).toBe(false);
});

test('an error is logged without control characters in names', async () => {
  const assess = () => Promise.reject(new Error('broken'));
  await using webhook = await startWebhook({ assess });
  const uid = `\u009b2J${'x'.repeat(1000)}`;
  await webhook.post('/validate', changed({ request: { ...review.request, uid } }));
  const logged = JSON.parse(webhook.log[0] ?? '') as { uid: string };
  expect(hasControlCharacters(logged.uid)).toBe(false);
  expect(logged.uid.length).toBeLessThan(300);
});

test('the caller’s timeout is the deadline', async () => {
  const reasons: unknown[] = [];
  await using webhook = await startWebhook({
    assess: async ({ deadline }) => {
      const signal = deadline.signal();
      await once(signal, 'abort');
      reasons.push(signal.reason);
      return decided();
    },
  });
  await webhook.post('/validate?timeout=100ms', good);
  expect(reasons).toEqual([expect.objectContaining({ name: 'TimeoutError' })]);
});

test('a regular admission is logged at level debug only', async () => {
  const { assess } = answering(decided());
  for (const [logLevel, lines] of [
    ['info', 0],
    ['debug', 1],
  ] as const) {
    await using webhook = await startWebhook({ assess, logLevel });
    await webhook.post('/validate', good);
    expect(webhook.log).toHaveLength(lines);
  }
});
