import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished, expect, test } from 'vitest';
import { METRICS_LIMITS, serveMetrics } from '../../src/server/metrics-server.ts';

async function serve(text = () => 'a 1\n') {
  const write = () => Promise.resolve(text());
  const served = await serveMetrics({ contentType: 'text/plain', write }, { host: '127.0.0.1', port: 0 });
  onTestFinished(served.close);
  return {
    served,
    fetch: (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${served.port}${path}`, init),
  };
}

test('each GET gets a new page, with its content type', async () => {
  let times = 0;
  const { fetch } = await serve(() => `a ${(times += 1)}\n`);
  expect(await (await fetch('/metrics')).text()).toBe('a 1\n');
  const second = await fetch('/metrics?x=1');
  expect(second.headers.get('content-type')).toBe('text/plain');
  expect(await second.text()).toBe('a 2\n');
});

test('HEAD returns the length', async () => {
  const { fetch } = await serve();
  const answer = await fetch('/metrics', { method: 'HEAD' });
  expect({ status: answer.status, length: answer.headers.get('content-length') }).toEqual({
    status: 200,
    length: '4',
  });
  expect(await answer.text()).toBe('');
});

test.each([
  ['POST', '/metrics', 405],
  ['GET', '/', 404],
  ['GET', '/metrics/', 404],
  ['POST', '/mutate', 404],
])('%s %s is answered %d', async (method, path, status) => {
  const { fetch } = await serve();
  expect((await fetch(path, { method })).status).toBe(status);
});

test('closing does not wait for idle connections', async () => {
  const { served, fetch } = await serve();
  await (await fetch('/metrics')).text();
  await served.close();
  await expect(fetch('/metrics')).rejects.toThrow('fetch failed');
});

test('a port that is in use is reported with the flag that sets another', async () => {
  const { served } = await serve();
  const again = serveMetrics(
    { contentType: '', write: () => Promise.resolve('') },
    { host: '127.0.0.1', port: served.port },
  );
  await expect(again).rejects.toMatchObject({
    code: 'cannot-listen',
    advice: expect.stringContaining('--metrics-port') as string,
  });
});

/** Opens a connection that stays open after its response. */
async function openIdleConnection(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'data');
  return socket;
}

/** Opens a connection with an incomplete request. */
async function openIncompleteRequest(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n');
  return socket;
}

test.each([
  ['idle', openIdleConnection],
  ['with an incomplete request', openIncompleteRequest],
])('with as many connections as the limit, each %s, the next ones are served', async (_case, open) => {
  const { served, fetch } = await serve();
  await Promise.all(Array.from({ length: METRICS_LIMITS.maxConnections }, () => open(served.port)));
  for (let times = 0; times < 3; times += 1) {
    const page = await fetch('/metrics', { headers: { connection: 'close' } });
    expect(await page.text()).toBe('a 1\n');
  }
});
