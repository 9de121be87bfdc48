import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { freePort, waitFor } from '../../support/lib/processes.ts';

test('forwards requests and answers, and outlives a target that is away', async () => {
  const [from, to, nowhere, beside] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const server = createServer(
    (request: IncomingMessage, response) =>
      void text(request).then((body) => response.end(body.toUpperCase())),
  );
  server.listen(to, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const pairs = [`127.0.0.1:${beside}=127.0.0.1:${nowhere}`, `127.0.0.1:${from}=127.0.0.1:${to}`];
  const forwarder = spawn(process.execPath, [join(import.meta.dirname, 'forwarder.ts'), ...pairs]);
  onTestFinished(() => void forwarder.kill());

  const ask = async (port: number, body: string): Promise<string | false> =>
    await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body }).then(
      (response) => response.text(),
      () => false,
    );
  const long = 'x'.repeat(1_000_000);
  const answer = await waitFor(() => ask(from, long), { what: 'an answer', seconds: 60 });
  expect(answer).toBe(long.toUpperCase());
  expect(await ask(beside, 'lost')).toBe(false);
  expect(await ask(from, 'still there')).toBe('STILL THERE');
});
