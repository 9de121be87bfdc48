import { fork } from 'node:child_process';
import { on, once } from 'node:events';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { Agent, request } from 'undici';
import { expect, test } from 'vitest';
import { createApp, swapCertificate, serverTlsOptions } from '../../src/server/app.ts';
import { createHealth, type Checks } from '../../src/server/health.ts';
import { listen } from '../../src/server/listen.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { readReview } from '../support/admission/reviews.ts';
import { answering, decided } from '../support/assess/assessments.ts';
import { createTestCertificate } from '../support/server/tls.ts';
import { startWebhook } from '../support/server/webhook.ts';

const { assess } = answering(decided());

test('health: alive at once, ready when it waits for nothing, not ready when draining', async () => {
  let waiting: string | null = 'waiting for the first list of nodes';
  const checks: Checks = {
    nodes: () => waiting,
    namespaces: () => waiting?.replace('nodes', 'namespaces') ?? null,
    configuration: () => ({ remark: 'the file is invalid' }),
  };
  await using webhook = await startWebhook({ assess, checks });
  expect(await webhook.get('/healthz')).toMatchObject({ status: 200, text: 'ok\n' });
  expect(await webhook.get('/readyz')).toMatchObject({
    status: 503,
    text: 'not ready: waiting for the first list of nodes\nnot ready: waiting for the first list of namespaces\n',
  });
  expect(await webhook.get('/readyz?verbose')).toMatchObject({
    status: 503,
    text: [
      '[-]nodes failed: waiting for the first list of nodes',
      '[-]namespaces failed: waiting for the first list of namespaces',
      '[+]configuration ok, but the file is invalid',
      '[+]shutdown ok',
      'readyz check failed\n',
    ].join('\n'),
  });
  waiting = null;
  expect(await webhook.get('/readyz')).toMatchObject({ status: 200, text: 'ok\n' });
  expect(await webhook.get('/readyz?verbose=1')).toMatchObject({
    status: 200,
    text: '[+]nodes ok\n[+]namespaces ok\n[+]configuration ok, but the file is invalid\n[+]shutdown ok\nreadyz check passed\n',
  });
  webhook.health.drain();
  expect(await webhook.get('/readyz')).toMatchObject({ status: 503, text: 'not ready: shutting down\n' });
  expect((await webhook.get('/readyz?verbose')).text).toContain('[-]shutdown failed: shutting down\n');
  expect(await webhook.get('/healthz')).toMatchObject({ status: 200 });
});

test('the keep-alive timeout exceeds the 90 s of the API server', async () => {
  await using webhook = await startWebhook({ assess });
  expect(webhook.app.server.keepAliveTimeout).toBeGreaterThan(90_000);
  const { headers } = await webhook.get('/healthz');
  expect(headers['connection']).toBe('keep-alive');
});

test('a port that is in use is reported with advice', async () => {
  await using webhook = await startWebhook({ assess });
  const health = createHealth({});
  const logger = createLogger({ level: 'silent' });
  const second = createApp({ assess, health, logger }, { https: serverTlsOptions(webhook.certificate) });
  await expect(listen(second, health, { host: '127.0.0.1', port: webhook.port })).rejects.toMatchObject({
    code: 'cannot-listen',
    message: `Cannot listen on "127.0.0.1" port ${webhook.port}: EADDRINUSE`,
    advice: expect.stringContaining('--port'),
  });
  await second.close();
});

async function fingerprint(port: number): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

test('new connections get a swapped certificate, old ones stay open', async () => {
  await using webhook = await startWebhook({ assess });
  await webhook.get('/healthz');
  const before = await fingerprint(webhook.port);
  expect(await fingerprint(webhook.port)).toBe(before);
  swapCertificate(webhook.app.server, await createTestCertificate());
  expect(await fingerprint(webhook.port)).not.toBe(before);
  expect(await webhook.get('/healthz')).toMatchObject({ status: 200 });
});

interface Message {
  readonly kind: 'listening' | 'asked' | 'stopping';
  readonly port: number;
  readonly ca: string;
}

const PROGRAM = new URL('../support/server/serve-program.ts', import.meta.url);

function startProgram() {
  const program = fork(PROGRAM, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const messages = on(program, 'message', { close: ['exit'] });
  const waitFor = async (kind: Message['kind']): Promise<Message> => {
    for (;;) {
      const { done, value } = (await messages.next()) as IteratorResult<[Message]>;
      if (done === true) throw new Error(`the program ended before it was ${kind}`);
      if (value[0].kind === kind) return value[0];
    }
  };
  return { program, waitFor };
}

function ask(port: number, dispatcher: Agent) {
  return request(`https://127.0.0.1:${port}/validate?timeout=30s`, {
    method: 'POST',
    dispatcher,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(readReview('05')),
  });
}

/** Starts a request without its last line, which the returned function sends. */
async function startRequest(path: string, { port, ca }: Pick<Message, 'port' | 'ca'>) {
  const socket = connect({ host: '127.0.0.1', port, ca });
  await once(socket, 'secureConnect');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n`);
  return () => {
    socket.write('\r\n');
    return text(socket);
  };
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s: the process answers requests in progress, then exits with 0',
  async (signal) => {
    const { program, waitFor } = startProgram();
    const exited = once(program, 'exit');
    const { port, ca } = await waitFor('listening');
    const agent = new Agent({ connect: { ca } });
    const finishRequest = await startRequest('/readyz', { port, ca });
    const inFlight = ask(port, agent);
    await waitFor('asked');
    program.kill(signal);
    await waitFor('stopping');
    const ready = await finishRequest();
    expect(ready).toMatch(/^HTTP\/1\.1 503 /);
    // Clients that keep connections open a new one for the next request.
    expect(ready).toMatch(/^connection: close\r$/im);
    program.send('answer');
    const answer = await inFlight;
    expect(answer.statusCode).toBe(200);
    expect(await answer.body.json()).toMatchObject({ response: { allowed: true } });
    expect(await exited).toEqual([0, null]);
    await agent.destroy();
  },
);

test('a second signal ends the process at once', async () => {
  const { program, waitFor } = startProgram();
  const exited = once(program, 'exit');
  const { port, ca } = await waitFor('listening');
  const agent = new Agent({ connect: { ca } });
  // Without a request in flight, the first signal could end the process.
  const inFlight = ask(port, agent);
  inFlight.catch(() => {});
  await waitFor('asked');
  program.kill('SIGTERM');
  await waitFor('stopping');
  program.kill('SIGTERM');
  expect(await exited).toEqual([null, 'SIGTERM']);
  await agent.destroy();
});
