import { expect, test } from 'vitest';
import { asking, createTestClient, failureOf, imageAt } from '../support/registry/registry-client.ts';
import { startServer } from '../support/server/http-server.ts';

test('a budget that ends during a retry leaves the reason of the failure before it', async () => {
  const budget = new AbortController();
  let tries = 0;
  await using server = await startServer((request) => {
    if (request.url === '/v2/') return;
    tries++;
    if (tries === 1) request.socket.destroy();
    else budget.abort(new DOMException('over', 'TimeoutError'));
  });
  await using client = createTestClient([server]);
  const options = { ...asking(), signal: budget.signal };
  const failure = await failureOf(client.fetchManifest(imageAt(server, 'a'), options));
  expect({ tries, code: failure.code }).toEqual({ tries: 2, code: 'unreachable' });
  expect(failure.state).toMatch(/^127\.0\.0\.1:\d+: (?:other side closed|read ECONNRESET|socket hang up)/);
});
