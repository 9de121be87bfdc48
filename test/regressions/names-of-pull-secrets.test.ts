import { expect, test } from 'vitest';
import { EMPTY_KEYRING } from '../../src/credentials/credential.ts';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { createPullSecrets, PULL_SECRET_DEFAULTS } from '../../src/kubernetes/pull-secrets.ts';
import { createServiceAccounts } from '../../src/kubernetes/service-accounts.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { errorStatus, startScriptedApi } from '../support/kubernetes/scripted-api.ts';

const never = new AbortController().signal;

async function start() {
  const api = await startScriptedApi([errorStatus(404, 'NotFound')]);
  const client = createKubernetesClient(api.connection);
  const secrets = createPullSecrets({ client });
  const accounts = createServiceAccounts({ client, logger: createRecordingLogger().logger });
  return { api, secrets, accounts, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
}

/** Nothing validates these names, neither before nor after webhooks. */
test.for<readonly [name: string, text: string]>([
  ['a parent folder', '..'],
  ['this folder', '.'],
  ['a path', '../../nodes'],
  ['an encoded path', '..%2f..%2fnodes'],
  ['half a surrogate pair', '\ud800'],
  ['a query', 'a?watch=true'],
  ['a line end', 'a\nb'],
  ['upper case', 'Regcred'],
  ['a megabyte', 'a'.repeat(1024 * 1024)],
])('%s names no Secret, ServiceAccount or namespace, and the API server is not asked', async ([, text]) => {
  await using started = await start();
  const { secrets, accounts, api } = started;
  expect(await secrets.read('team-a', [text], never)).toEqual(EMPTY_KEYRING);
  expect(await secrets.read(text, ['regcred'], never)).toEqual(EMPTY_KEYRING);
  expect(await accounts.pullSecrets('team-a', text, never)).toEqual([]);
  expect(await accounts.pullSecrets(text, 'default', never)).toEqual([]);
  expect(api.seen).toEqual([]);
});

test('of thousands of pull secrets in a Pod the first few are read, each once', async () => {
  await using started = await start();
  const names = Array.from({ length: 5000 }, (_, index) => `secret-${index}`);
  expect(await started.secrets.read('team-a', ['secret-0', ...names], never)).toEqual(EMPTY_KEYRING);
  expect(started.api.seen).toHaveLength(PULL_SECRET_DEFAULTS.maxNames);
});
