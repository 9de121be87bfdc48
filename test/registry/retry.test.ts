import { expect, test } from 'vitest';
import { fetchOptions, createTestClient, failureOf, imageAt } from '../support/registry/registry-client.ts';
import { startServer } from '../support/server/http-server.ts';

test('a deadline that expires during a retry reports the failure before it', async () => {
  const deadline = new AbortController();
  let requests = 0;
  await using server = await startServer((request) => {
    if (request.url === '/v2/') return;
    requests++;
    if (requests === 1) request.socket.destroy();
    else deadline.abort(new DOMException('over', 'TimeoutError'));
  });
  await using client = createTestClient([server]);
  const options = { ...fetchOptions(), signal: deadline.signal };
  const failure = await failureOf(client.fetchManifest(imageAt(server, 'a'), options));
  expect({ requests, code: failure.code }).toEqual({ requests: 2, code: 'unreachable' });
  expect(failure.state).toMatch(/^127\.0\.0\.1:\d+: it closed the connection without an answer$/);
});
