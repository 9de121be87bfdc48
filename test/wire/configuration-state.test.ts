import { chmod, rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { faultOf, looksUpAlike } from '../../src/wire/configuration-state.ts';
import { createConfigurationFolder } from '../support/wire/live-stage.ts';

test('flags win over the file, whatever it changes to', async () => {
  const files = await createConfigurationFolder(() => ({ server: { port: 1 }, log: { level: 'info' } }));
  const flags = { port: 7, logLevel: 'debug' };
  const before = await files.read(flags);
  await files.configure({ server: { port: 2, host: '::1' }, log: { level: 'error', decisions: false } });
  const after = await files.read(flags);
  expect(before.settings).toMatchObject({ server: { port: 7 }, log: { level: 'debug' } });
  expect(after.settings).toMatchObject({
    server: { port: 7, host: '::1' },
    log: { level: 'debug', decisions: false },
  });
});

test('without a file, all defaults apply and nothing is read', async () => {
  const files = await createConfigurationFolder(() => ({}));
  const state = await files.read({ config: undefined });
  expect(state.settings.policy.mode).toBe('enforce');
  expect([...state.contents]).toEqual([]);
});

test('all unusable files are named at once, with their settings', async () => {
  const files = await createConfigurationFolder(
    (at) => ({
      registry: {
        caFile: at('ca.pem'),
        hostsDirectory: at('hosts'),
        credentialProviders: { config: at('plugins.yaml'), binDir: at('.') },
      },
    }),
    { 'ca.pem': 'none', 'hosts/a.test/hosts.toml': '[', 'plugins.yaml': '{}' },
  );
  await expect(files.read()).rejects.toMatchObject({
    code: 'unusable-files',
    message: expect.stringMatching(
      /registry\.caFile: .*[^]*registry\.hostsDirectory: .*[^]*registry\.credentialProviders: /,
    ),
  });
});

test('the contents hold digests of all files, and show each change', async () => {
  const provider = {
    name: 'plugin',
    apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
    matchImages: ['a.test'],
    defaultCacheDuration: '1h',
  };
  const head = { apiVersion: 'kubelet.config.k8s.io/v1', kind: 'CredentialProviderConfig' };
  const files = await createConfigurationFolder(
    (at) => ({
      registry: {
        registriesFile: at('registries.yaml'),
        hostsDirectory: at('hosts'),
        dockerConfig: at('config.json'),
        credentialProviders: { config: at('plugins.yaml'), binDir: at('.') },
      },
    }),
    {
      'registries.yaml': 'mirrors: {}',
      'hosts/a.test/hosts.toml': 'server = "https://geheim.test"',
      'config.json': '{}',
      'plugins.yaml': JSON.stringify({ ...head, providers: [provider] }),
      plugin: '',
    },
  );
  await chmod(files.at('plugin'), 0o755);
  const before = await files.read();
  const paths = [
    'registries.yaml',
    'hosts/a.test/hosts.toml',
    'config.json',
    'plugins.yaml',
    'wasmgate.yaml',
  ];
  expect([...before.contents.keys()]).toEqual(expect.arrayContaining(paths.map(files.at)));
  expect(JSON.stringify([...before.contents])).not.toContain('geheim');
  expect(looksUpAlike(before, await files.read())).toBe(true);
  const changes = [
    ['registries.yaml', 'mirrors: {a.test: {}}'],
    ['hosts/a.test/hosts.toml', 'server = "https://b.test"'],
    ['config.json', '{"auths": {}}'],
    ['plugins.yaml', JSON.stringify({ ...head, providers: [{ ...provider, defaultCacheDuration: '2h' }] })],
  ] as const;
  let last = before;
  for (const [name, text] of changes) {
    await files.write(name, text);
    const next = await files.read();
    expect([name, looksUpAlike(last, next)]).toEqual([name, false]);
    expect(next.contents.get(files.at(name))).not.toBe(last.contents.get(files.at(name)));
    last = next;
  }
});

test('a policy alone changes nothing about lookups', async () => {
  const files = await createConfigurationFolder(() => ({ policy: { mode: 'warn' } }));
  const before = await files.read();
  await files.configure({ policy: { mode: 'audit' }, log: { level: 'debug' }, server: { port: 1 } });
  expect(looksUpAlike(before, await files.read())).toBe(true);
  await files.configure({ images: { tagSeconds: 1 } });
  expect(looksUpAlike(before, await files.read())).toBe(false);
});

test('a Docker config may be absent; an invalid one is tolerated at the start only', async () => {
  const files = await createConfigurationFolder((at) => ({ registry: { dockerConfig: at('config.json') } }));
  expect(faultOf(await files.read())).toBeNull();
  await files.write('config.json', '{"auths": geheim');
  const invalid = await files.read();
  expect(invalid.dockerConfig).toBeNull();
  expect(faultOf(invalid)?.message).toMatch(/registry\.dockerConfig: .*it is not JSON/);
  expect(faultOf(invalid)?.message).not.toContain('geheim');
  await rm(files.at('config.json'));
  expect(faultOf(await files.read())).toBeNull();
});
