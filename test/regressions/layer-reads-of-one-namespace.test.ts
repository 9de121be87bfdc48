import { expect, onTestFinished, test } from 'vitest';
import type { Credential } from '../../src/credentials/credential.ts';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import { QUEUED_PEEK_LIMITS } from '../../src/images/queued-peek.ts';
import { NO_PULL_SECRETS } from '../support/assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { imageFacts, linux } from '../support/image/image-facts.ts';
import { createLocalClient } from '../support/registry/registry-client.ts';
import { startServer } from '../support/server/http-server.ts';

const MOST = QUEUED_PEEK_LIMITS.peeksPerNamespace;
const FACTS = imageFacts(linux('/app.wasm'));

/** A catalog whose layer reads wait for credentials until the test releases them, and then find an empty registry. */
async function setUp() {
  const registry = await startServer((_request, response) => response.writeHead(404).end());
  const client = createLocalClient();
  onTestFinished(async () => {
    await client.close();
    await registry.close();
  });
  let looks = 0;
  const waiting = Promise.withResolvers<readonly Credential[]>();
  const keychain = {
    credentialsFor: () => {
      looks += 1;
      return waiting.promise;
    },
  };
  const { logger } = createRecordingLogger();
  const catalog = createImageCatalog({ registry: client, pullSecrets: NO_PULL_SECRETS, keychain, logger });
  const look = (namespace: string, command: string, signal = AbortSignal.abort()) => {
    const question = { image: `${registry.host}/app:1`, namespace, pullSecrets: [], architectures: [] };
    const wanted = { facts: FACTS, override: { command: [command] }, scope: 'sign' } as const;
    return catalog.peek(question, wanted, { signal });
  };
  return { look, looks: () => looks, letGo: () => waiting.resolve([]) };
}

/** Two thousand commands of one image caused two thousand concurrent reads. */
test('the layer reads of a namespace are bounded, and take no slot of another', async () => {
  const { look, looks } = await setUp();
  const commands = Array.from({ length: MOST + 5 }, (_, index) => `/app-${index}.wasm`);
  const seen = await Promise.all(commands.map((command) => look('team-a', command)));
  expect(seen).toEqual(commands.map(() => FACTS));
  expect(looks()).toBe(MOST);
  await look('team-b', '/other.wasm');
  expect(looks()).toBe(MOST + 1);
});

test('a finished read frees its slot', async () => {
  const { look, looks, letGo } = await setUp();
  const patient = new AbortController().signal;
  const first = Array.from({ length: MOST }, (_, index) => look('team-a', `/app-${index}.wasm`, patient));
  letGo();
  await Promise.all(first);
  await look('team-a', '/next.wasm', patient);
  expect(looks()).toBe(MOST + 1);
});
