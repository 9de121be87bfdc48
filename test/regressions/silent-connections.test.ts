import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import type { AssessPod } from '../../src/assess/assessment.ts';
import { SERVER_LIMITS, type AppOptions } from '../../src/server/app.ts';
import { readReview } from '../support/admission/reviews.ts';
import { answering, decided } from '../support/assess/assessments.ts';
import { startWebhook } from '../support/server/webhook.ts';

/**
 * Any client could open 4,000 connections, send nothing, and keep them forever: 430 MiB, while the Deployment grants 256.
 */
const body = JSON.stringify(readReview('05'));

/** Resolves when the connection closes, with an error or without. */
function closed(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once('close', () => resolve());
  return promise;
}

async function start(app: Omit<AppOptions, 'https'>, assess: AssessPod = answering(decided()).assess) {
  const webhook = await startWebhook({ assess, app });
  onTestFinished(() => webhook[Symbol.asyncDispose]());
  const keep = <Kept extends Socket>(socket: Kept): Kept => {
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined);
    return socket.resume();
  };
  const tcp = () => keep(connectPlain(webhook.port, '127.0.0.1'));
  const tls = () => keep(connectTls({ port: webhook.port, host: '127.0.0.1', rejectUnauthorized: false }));
  return { webhook, tcp, tls };
}

test('a connection without a TLS handshake is closed', async () => {
  const { webhook, tcp } = await start({ handshakeTimeout: 100 });
  await closed(tcp());
  expect((await webhook.post('/validate', body)).status).toBe(200);
});

test('a connection without a request is closed', async () => {
  const { webhook, tls } = await start({ requestTimeout: 100 });
  const silent = tls();
  await once(silent, 'secureConnect');
  await closed(silent);
  expect((await webhook.post('/validate', body)).status).toBe(200);
});

/** Two connections each, as many as the limit. */
test.each(['without a handshake', 'idle', 'half a request', 'half a body'])(
  'idle connections (%s) yield to new ones',
  async (kind) => {
    const { webhook, tcp, tls } = await start({ maxConnections: 2 });
    const open = async (): Promise<Socket> => {
      if (kind === 'without a handshake') return tcp();
      const socket = tls();
      await once(socket, 'secureConnect');
      if (kind === 'half a request') socket.write('POST /validate HTTP/1.1\r\nHost: x\r\n');
      if (kind === 'half a body') {
        const taken = once(webhook.app.server, 'request');
        socket.write(
          'POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{',
        );
        await taken;
      }
      return socket;
    };
    const first = closed(await open());
    await open();
    expect((await webhook.post('/validate', body)).status).toBe(200);
    await first;
    expect((await webhook.get('/healthz')).status).toBe(200);
  },
);

test('a connection that waits for its answer stays open', async () => {
  const gate = Promise.withResolvers<void>();
  const assess = () => gate.promise.then(() => decided());
  const { webhook, tls } = await start({ maxConnections: 2 }, assess);
  const waiting = webhook.post('/validate', body);
  await once(webhook.app.server, 'request');
  const silent = [closed(tls()), closed(tls())];
  await silent[0];
  gate.resolve();
  expect((await waiting).status).toBe(200);
});

/** Two thousand small Pods that waited on one connection blocked all other answers. */
test('a connection that stopped reading is closed', async () => {
  const { promise: never } = Promise.withResolvers<never>();
  const { webhook, tls } = await start({}, (request) =>
    request.pod.metadata?.name === 'waits' ? never : decided(),
  );
  const review = readReview('05');
  const object = { ...review.request.object, metadata: { name: 'waits' } };
  const waiting = JSON.stringify({ ...review, request: { ...review.request, object } });
  const request = `POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(waiting)}\r\n\r\n${waiting}`;
  const socket = tls();
  await once(socket, 'secureConnect');
  socket.write(request);
  socket.write(request);
  await closed(socket);
  expect((await webhook.post('/validate', body)).status).toBe(200);
});

test('a thousand idle connections lock no one out', async () => {
  const { webhook, tls } = await start({});
  const kept = Array.from({ length: SERVER_LIMITS.maxConnections }, () => tls());
  await Promise.all(kept.map((socket) => once(socket, 'secureConnect')));
  const replies = await Promise.all(Array.from({ length: 50 }, () => webhook.post('/validate', body)));
  expect(replies.filter(({ status }) => status !== 200)).toEqual([]);
  expect((await webhook.get('/readyz')).status).toBe(200);
});
