import { rename, rm } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createConfigurationReader } from '../../src/config/configuration-reader.ts';
import { registrySettings, type RegistrySettings } from '../../src/registry/settings.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { watchRegistryFiles } from '../../src/wire/named-files.ts';
import { waitFor } from '../support/lib/processes.ts';
import { writeFiles } from '../support/registry/hosts-files.ts';
import { certificateFor } from '../support/server/certificates.ts';

const configurations = createConfigurationReader({ registry: registrySettings });

let stop: AbortController;
let lines: string[];
beforeEach(() => {
  stop = new AbortController();
  lines = [];
});
afterEach(() => stop.abort());

function settings(registry: object): RegistrySettings {
  const file = { apiVersion: 'wasmgate.dev/v1alpha1', kind: 'Configuration', registry };
  return configurations.parse(JSON.stringify(file), 'a.yaml').registry;
}

function follow(registry: object): Promise<void> {
  const logger = createLogger({ level: 'info', destination: { write: (line) => void lines.push(line) } });
  return watchRegistryFiles(settings(registry), { logger, intervalMilliseconds: 5 }, stop.signal);
}

/** Waits until the last line contains these words. */
async function waitForLine(words: string): Promise<object> {
  const line = await waitFor(
    () => Promise.resolve(lines.at(-1)?.includes(words) === true ? lines.at(-1) : undefined),
    {
      what: words,
      seconds: 30,
    },
  );
  return JSON.parse(line) as object;
}

/** Replaces a file atomically, as the kubelet does. */
async function replace(file: string, text: string): Promise<void> {
  await using draft = await writeFiles({ draft: text });
  await rename(draft.at('draft'), file);
}

test('logs each change of a named file once, with its name and its problems', async () => {
  await using files = await writeFiles({ 'a.yaml': 'mirrors: {}' });
  const file = files.at('a.yaml');
  await follow({ registriesFile: file });

  await replace(file, 'mirrors: {a.test: {}}');
  expect(await waitForLine('apply only after a restart')).toMatchObject({ level: 'warn', files: [file] });

  await replace(file, 'mirrors: [');
  expect(await waitForLine('invalid; the previous ones stay in use')).toMatchObject({
    level: 'error',
    files: [file],
    problems: [`Cannot use registries file "${file}": it is not YAML, line 1`],
  });

  await rm(file);
  expect(await waitForLine('there is no such file')).toMatchObject({ level: 'error', files: [file] });

  await replace(file, 'mirrors: {}');
  expect(await waitForLine('as they were at the start')).toMatchObject({ level: 'info' });
  expect(lines).toHaveLength(4);
});

test('watches the files that named files refer to', async () => {
  const { cert } = await certificateFor();
  await using files = await writeFiles({ 'd/a.test/hosts.toml': 'ca = "ca.pem"', 'd/a.test/ca.pem': cert });
  await follow({ hostsDirectory: files.at('d') });
  const ca = files.at('d/a.test/ca.pem');
  await replace(ca, (await certificateFor()).cert);
  expect(await waitForLine('apply only after a restart')).toMatchObject({
    files: expect.arrayContaining([ca]),
  });
});

test('watches the configuration of plugins', async () => {
  const provider = {
    name: 'true',
    apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
    matchImages: ['a.test'],
    defaultCacheDuration: '1h',
  };
  const config = (given: object): string =>
    JSON.stringify({
      apiVersion: 'kubelet.config.k8s.io/v1',
      kind: 'CredentialProviderConfig',
      providers: [{ ...provider, ...given }],
    });
  await using files = await writeFiles({ 'p.yaml': config({}) });
  await follow({ credentialProviders: { config: files.at('p.yaml'), binDir: '/bin' } });
  await replace(files.at('p.yaml'), config({ defaultCacheDuration: '2h' }));
  expect(await waitForLine('apply only after a restart')).toMatchObject({ files: [files.at('p.yaml')] });
  await replace(files.at('p.yaml'), config({ defaultCacheDuration: 'long' }));
  expect(await waitForLine('are invalid')).toMatchObject({
    problems: [expect.stringContaining('defaultCacheDuration of "true" is not a duration')],
  });
});

test('watches nothing if no file is named', async () => {
  await follow({ plainHttp: ['a.test'], dockerConfig: '/nonexistent/config.json' });
  expect(lines).toEqual([]);
});
