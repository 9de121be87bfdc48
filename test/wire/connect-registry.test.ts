import { expect, test } from 'vitest';
import { connectRegistry, readUsableFiles } from '../../src/wire/connect-registry.ts';
import { configurations } from '../../src/wire/settings.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { fetchOptions, failureOf, imageAt } from '../support/registry/registry-client.ts';
import { startServer } from '../support/server/http-server.ts';

test('a mirror on a loopback address is logged once', async () => {
  const { logger, messages } = createRecordingLogger();
  const mirrors = { 'docker.io': ['http://127.0.0.1:5000'], '*': ['http://127.0.0.1:5000'] };
  const settings = { ...configurations.defaults().registry, mirrors };
  const client = connectRegistry(settings, await readUsableFiles(settings), { env: {}, logger });
  await client.close();
  expect(messages('warn')).toEqual([
    'mirror "127.0.0.1:5000" is a loopback address, so wasmgate skips it. ' +
      'Name an address that Pods can reach, or list it in registry.allowAddresses.',
  ]);
});

test('an outage logs one line when it begins, and one when it ends', async () => {
  let isWell = false;
  await using server = await startServer((_request, response) => {
    response.writeHead(isWell ? 200 : 503).end('{}');
  });
  const { logger, messages } = createRecordingLogger();
  const settings = { ...configurations.defaults().registry, plainHttp: [server.host] };
  const client = connectRegistry(settings, await readUsableFiles(settings), {
    env: {},
    logger,
    allowLoopback: true,
  });
  for (const name of ['a', 'b']) await failureOf(client.fetchManifest(imageAt(server, name), fetchOptions()));
  await expect.poll(() => messages('warn')).toEqual(['registry is down']);
  isWell = true;
  await expect.poll(() => messages('info'), { timeout: 5_000 }).toEqual(['registry is up again']);
  await client.close();
  expect(messages('warn')).toHaveLength(1);
});
