import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import type { AppOptions } from '../../src/server/app.ts';
import { answering, decided } from '../support/assessments.ts';
import { readReview } from '../support/reviews.ts';
import { startWebhook } from '../support/webhook.ts';

/**
 * Whoever reaches the port could open 4,000 connections, send nothing, and keep them for ever: 430 MiB, where the Deployment
 * grants 256.
 */
const body = JSON.stringify(readReview('05'));

/** With an error or without. */
function closed(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once('close', () => resolve());
  return promise;
}

async function start(app: Omit<AppOptions, 'https'>) {
  const webhook = await startWebhook({ assess: answering(decided()).assess, app });
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

test('one that does not shake hands is closed', async () => {
  const { webhook, tcp } = await start({ handshakeTimeout: 100 });
  await closed(tcp());
  expect((await webhook.post('/validate', body)).status).toBe(200);
});

test('one that asks for nothing is closed', async () => {
  const { webhook, tls } = await start({ requestTimeout: 100 });
  const silent = tls();
  await once(silent, 'secureConnect');
  await closed(silent);
  expect((await webhook.post('/validate', body)).status).toBe(200);
});

test('there are so many and no more, and those that end make room', async () => {
  const { webhook, tls } = await start({ maxConnections: 2 });
  const first = tls();
  await once(first, 'secureConnect');
  await once(tls(), 'secureConnect');
  await closed(tls());
  first.destroy();
  await expect.poll(() => webhook.post('/validate', body).catch(() => null)).toMatchObject({ status: 200 });
});
