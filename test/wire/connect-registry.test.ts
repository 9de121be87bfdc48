import { expect, test } from 'vitest';
import { connectRegistry } from '../../src/wire/connect-registry.ts';
import { configurations } from '../../src/wire/settings.ts';
import { createRecordingLogger } from '../support/recording-logger.ts';

test('a mirror on a loopback address is logged once', async () => {
  const { logger, messages } = createRecordingLogger();
  const mirrors = { 'docker.io': ['http://127.0.0.1:5000'], '*': ['http://127.0.0.1:5000'] };
  const settings = { ...configurations.defaults().registry, mirrors };
  const client = await connectRegistry(settings, { env: {}, logger });
  await client.close();
  expect(messages('warn')).toEqual([
    'mirror "127.0.0.1:5000" is a loopback address, so wasmgate passes it over. ' +
      'Name an address that Pods can reach, or list it in registry.allowAddresses.',
  ]);
});
