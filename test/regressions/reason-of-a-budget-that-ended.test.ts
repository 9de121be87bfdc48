import { expect, test } from 'vitest';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { createTestClient } from '../support/registry/registry-client.ts';
import { startServer } from '../support/server/http-server.ts';

test('an admission that times out between two attempts reports the reason of the last one', async () => {
  const time = new AbortController();
  await using server = await startServer((request) => request.socket.destroy());
  await using client = createTestClient(
    [server],
    {},
    {
      // The budget ends during the first wait before a retry.
      sleep: async () => time.abort(),
    },
  );
  const pullSecrets = { read: async () => ({ credentials: [], shortfalls: [] }), forget: () => undefined };
  const catalog = createImageCatalog({
    registry: client,
    pullSecrets,
    logger: createRecordingLogger().logger,
  });
  const question = { image: `${server.host}/a:1`, namespace: 'team-a', pullSecrets: [], architectures: [] };
  const answer = await catalog.lookUp(question, { signal: time.signal });
  expect(answer).toMatchObject({ kind: 'failure', reason: 'unreachable' });
  expect(answer).toHaveProperty('detail', expect.stringContaining(`${server.host}: `));
});
