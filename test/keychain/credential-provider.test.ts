import { describe, expect, test } from 'vitest';
import { matchCredentials, splitKeyrings } from '../../src/credentials/match-credentials.ts';
import { parseReference } from '../../src/image/reference.ts';
import type { KeychainLimits } from '../../src/keychain/keychain-limits.ts';
import { loadKeychain } from '../../src/keychain/keychain.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { createScriptPrograms } from '../support/cli/script-programs.ts';

const never = new AbortController().signal;
const API_VERSION = 'credentialprovider.kubelet.k8s.io/v1';

function response(parts: object = {}): string {
  const answer = {
    kind: 'CredentialProviderResponse',
    apiVersion: API_VERSION,
    cacheKeyType: 'Image',
    auth: { '*.ecr.test': { username: 'AWS', password: 'geheim' } },
    ...parts,
  };
  return `printf '%s' '${JSON.stringify(answer)}'`;
}

const ecr = {
  name: 'ecr',
  apiVersion: API_VERSION,
  matchImages: ['*.ecr.test', 'docker.io/team'],
  defaultCacheDuration: '1h',
};

function config(...providers: readonly object[]): object {
  return { apiVersion: 'kubelet.config.k8s.io/v1', kind: 'CredentialProviderConfig', providers };
}

interface Setup {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly providers?: readonly object[];
  readonly dockerConfig?: object;
  readonly limits?: Partial<KeychainLimits>;
}

async function setUp({ scripts = {}, providers = [ecr], dockerConfig = {}, limits = {} }: Setup) {
  const programs = await createScriptPrograms();
  for (const [name, script] of Object.entries(scripts)) await programs.add(name, script);
  const { logger, messages } = createRecordingLogger();
  const keychain = await loadKeychain(
    { logger },
    {
      dockerConfigs: [await programs.write('config.json', dockerConfig)],
      providers: {
        config: await programs.write('providers.yaml', config(...providers)),
        binDir: programs.binDir,
      },
      env: programs.env,
      limits,
    },
  );
  return {
    programs,
    keychain,
    warnings: () => messages('warn'),
    /** Returns `user from source` of each credential that applies to the image, in order. */
    logins: async (image: string): Promise<readonly string[]> => {
      const reference = parseReference(image);
      const keyring = await keychain.credentialsFor(reference, never);
      return matchCredentials(reference, splitKeyrings(keyring)).credentials.map(({ secret, source }) =>
        secret.kind === 'basic' ? `${secret.username} from ${source.split('/').at(-1)}` : secret.kind,
      );
    },
    [Symbol.asyncDispose]: () => programs[Symbol.asyncDispose](),
  };
}

describe('the request to a plugin', () => {
  test('the request names the image without tag and digest, in the configured API version', async () => {
    await using bench = await setUp({ scripts: { ecr: response() } });
    expect(await bench.logins(`a.ecr.test/team/app:1@sha256:${'0'.repeat(64)}`)).toEqual([
      'AWS from plugin ecr',
    ]);
    const [input = ''] = await bench.programs.inputs('ecr');
    expect(JSON.parse(input)).toEqual({
      kind: 'CredentialProviderRequest',
      apiVersion: API_VERSION,
      image: 'a.ecr.test/team/app',
    });
  });

  test('the plugin gets its configured arguments and variables, which override those of the process', async () => {
    const auth = { '*.ecr.test': { username: 'WHO', password: '' } };
    const script = response({ auth }).replace('WHO', `'"$1 $2 $REGION $HOME"'`);
    const provider = {
      ...ecr,
      args: ['get-credentials', '-v=1'],
      env: [
        { name: 'REGION', value: 'eu' },
        { name: 'HOME', value: 'plugin-home' },
      ],
    };
    await using bench = await setUp({ scripts: { ecr: script }, providers: [provider] });
    expect(await bench.logins('a.ecr.test/x')).toEqual([
      'get-credentials -v=1 eu plugin-home from plugin ecr',
    ]);
  });

  test.for([
    { image: 'a.ecr.test/x', asked: 1 },
    { image: 'ecr.test/x', asked: 0 },
    { image: 'a.b.ecr.test/x', asked: 0 },
    { image: 'a.ecr.test:5000/x', asked: 0 },
    { image: 'team/app', asked: 1 },
    { image: 'nginx', asked: 0 },
  ])('a plugin runs for matching images only: $image', async ({ image, asked }) => {
    await using bench = await setUp({ scripts: { ecr: response() } });
    await bench.logins(image);
    expect(await bench.programs.inputs('ecr')).toHaveLength(asked);
  });
});

describe('the cache of plugin responses', () => {
  const images = ['a.ecr.test/x', 'a.ecr.test/x:2', 'a.ecr.test/y', 'b.ecr.test/x'];
  test.for([
    { name: 'Image', parts: { cacheKeyType: 'Image' }, asked: 3 },
    { name: 'Registry', parts: { cacheKeyType: 'Registry' }, asked: 2 },
    { name: 'Global', parts: { cacheKeyType: 'Global' }, asked: 1 },
    {
      name: 'a cacheDuration of 10 minutes',
      parts: { cacheKeyType: 'Global', cacheDuration: '10m0s' },
      asked: 1,
    },
    { name: 'a cacheDuration of null', parts: { cacheKeyType: 'Global', cacheDuration: null }, asked: 1 },
    { name: 'a cacheDuration of 0', parts: { cacheKeyType: 'Global', cacheDuration: '0s' }, asked: 4 },
  ])('$name', async ({ parts, asked }) => {
    await using bench = await setUp({ scripts: { ecr: response(parts) } });
    for (const image of images) expect(await bench.logins(image)).toEqual(['AWS from plugin ecr']);
    expect(await bench.programs.inputs('ecr')).toHaveLength(asked);
  });

  test('a defaultCacheDuration of 0 disables the cache', async () => {
    const providers = [{ ...ecr, defaultCacheDuration: '0s' }];
    await using bench = await setUp({ scripts: { ecr: response() }, providers });
    await bench.logins('a.ecr.test/x');
    await bench.logins('a.ecr.test/x');
    expect(await bench.programs.inputs('ecr')).toHaveLength(2);
  });

  test('a plugin runs again after its response expires', async () => {
    await using bench = await setUp({ scripts: { ecr: response({ cacheDuration: '1ms' }) } });
    await expect
      .poll(async () => {
        await bench.logins('a.ecr.test/x');
        return (await bench.programs.inputs('ecr')).length;
      })
      .toBeGreaterThan(1);
  });

  test('concurrent lookups share one run', async () => {
    await using bench = await setUp({ scripts: { ecr: response({ cacheDuration: '0s' }) } });
    await Promise.all(Array.from({ length: 20 }, () => bench.logins('a.ecr.test/x')));
    expect(await bench.programs.inputs('ecr')).toHaveLength(1);
  });

  test('a response without credentials is cached, too', async () => {
    await using bench = await setUp({ scripts: { ecr: response({ auth: null }) } });
    expect(await bench.logins('a.ecr.test/x')).toEqual([]);
    expect(await bench.logins('a.ecr.test/x')).toEqual([]);
    expect(await bench.programs.inputs('ecr')).toHaveLength(1);
    expect(bench.warnings()).toEqual([]);
  });
});

test('Docker config precedes plugins in configured order; within each, the most specific key comes first', async () => {
  const second = { ...ecr, name: 'second' };
  await using bench = await setUp({
    scripts: {
      ecr: response({
        auth: {
          '*.ecr.test': { username: 'glob', password: 'x' },
          'a.ecr.test': { username: 'host', password: 'x' },
          'a.ecr.test/team': { username: 'path', password: 'x' },
          'b.ecr.test': { username: 'other', password: 'x' },
        },
      }),
      second: response(),
    },
    providers: [ecr, second],
    dockerConfig: { auths: { 'a.ecr.test': { username: 'node', password: 'x' } } },
  });
  expect(await bench.logins('a.ecr.test/team/app')).toEqual([
    'node from config.json',
    'path from plugin ecr',
    'host from plugin ecr',
    'glob from plugin ecr',
    'AWS from plugin second',
  ]);
});

test.for([
  { name: 'fails', script: 'echo geheim >&2; exit 1', said: 'exit code 1' },
  { name: 'is killed by a signal', script: 'kill -9 $$', said: 'was killed by a signal' },
  { name: 'prints nothing', script: ':', said: 'no CredentialProviderResponse' },
  { name: 'responds in another version', script: response({ apiVersion: 'x/v1' }), said: API_VERSION },
  {
    name: 'responds with another kind',
    script: response({ kind: 'Status' }),
    said: 'CredentialProviderResponse',
  },
  { name: 'returns an unknown cache key type', script: response({ cacheKeyType: 'Pod' }), said: 'Response' },
  { name: 'returns an invalid duration', script: response({ cacheDuration: 'geheim' }), said: 'Response' },
  { name: 'returns a list', script: response({ auth: ['geheim'] }), said: 'Response' },
  {
    name: 'returns a number as the password',
    script: response({ auth: { 'a.ecr.test': { password: 7 } } }),
    said: 'Response',
  },
  { name: 'never responds', script: 'sleep 60', said: 'no answer in 300 ms' },
])('a plugin that $name is logged without its output and yields no credentials', async ({ script, said }) => {
  // The short timeout applies only if the script never responds; a shell may start slowly.
  const limits = said.startsWith('no answer') ? { programMilliseconds: 300 } : {};
  await using bench = await setUp({ scripts: { ecr: script }, limits });
  expect(await bench.logins('a.ecr.test/x')).toEqual([]);
  expect(bench.warnings()).toEqual([expect.stringContaining(said)]);
  expect(bench.warnings().join()).not.toContain('geheim');
});

test('the warning about a plugin that fails contains the command to reproduce it', async () => {
  await using programs = await createScriptPrograms();
  await programs.add('ecr', 'exit 1');
  const advice: unknown[] = [];
  const note = (fields: object): void => void advice.push('advice' in fields ? fields.advice : null);
  const keychain = await loadKeychain(
    { logger: { ...createRecordingLogger().logger, warn: note } },
    {
      dockerConfigs: [],
      providers: {
        config: await programs.write('providers.yaml', config({ ...ecr, args: ['--token=geheim'] })),
        binDir: programs.binDir,
      },
      env: programs.env,
    },
  );
  expect(await keychain.credentialsFor(parseReference('a.ecr.test/x'), never)).toEqual([]);
  const [request = ''] = await programs.inputs('ecr');
  const command = `echo '${request}' | ${programs.binDir}/ecr`;
  expect(advice).toEqual([`Try it with its configured arguments and variables: ${command}`]);
});

test('an expired deadline stops the wait for a plugin', async () => {
  await using bench = await setUp({ scripts: { ecr: 'sleep 60' } });
  const reference = parseReference('a.ecr.test/x');
  expect(await bench.keychain.credentialsFor(reference, AbortSignal.timeout(20))).toEqual([]);
  expect(await bench.keychain.credentialsFor(reference, AbortSignal.abort())).toEqual([]);
});

describe('the plugin configuration', () => {
  const without = (key: string): object =>
    Object.fromEntries(Object.entries(ecr).filter(([name]) => name !== key));
  test.for<{ name: string; file: unknown; said: string }>([
    { name: 'is not YAML', file: '{', said: 'not YAML' },
    { name: 'has another kind', file: { ...config(ecr), kind: 'Pod' }, said: '/kind' },
    { name: 'has another version', file: { ...config(ecr), apiVersion: 'v1' }, said: '/apiVersion' },
    { name: 'has no plugin', file: config(), said: '/providers' },
    {
      name: 'lacks the cache duration',
      file: config(without('defaultCacheDuration')),
      said: '/providers/0',
    },
    { name: 'matches no image', file: config({ ...ecr, matchImages: [] }), said: 'matchImages' },
    { name: 'has an unknown key', file: config({ ...ecr, matchImage: 'x' }), said: '/providers/0' },
    { name: 'uses a path as a name', file: config({ ...ecr, name: '../sh' }), said: '/providers/0/name' },
    { name: 'uses ".." as a name', file: config({ ...ecr, name: '..' }), said: '/providers/0/name' },
    {
      name: 'has an invalid duration',
      file: config({ ...ecr, defaultCacheDuration: '1 day' }),
      said: 'not a duration',
    },
    {
      name: 'has an invalid pattern',
      file: config({ ...ecr, matchImages: ['a b@:'] }),
      said: 'not a pattern',
    },
    { name: 'names a plugin twice', file: config(ecr, ecr), said: 'twice' },
    {
      name: 'has faults in two plugins',
      file: config({ ...ecr, name: 'a', matchImages: ['a b@:'] }, { ...ecr, defaultCacheDuration: '1 day' }),
      said: '2 problems\n  Cannot use credential providers',
    },
  ])('a configuration that $name is rejected at startup', async ({ file, said }) => {
    await using programs = await createScriptPrograms();
    await programs.add('ecr', ':');
    const providers = { config: await programs.write('providers.yaml', file), binDir: programs.binDir };
    const loading = loadKeychain(
      { logger: createRecordingLogger().logger },
      { dockerConfigs: [], providers, env: programs.env },
    );
    await expect(loading).rejects.toMatchObject({
      code: 'invalid-configuration',
      message: expect.stringContaining(said) as string,
    });
  });

  test('a configuration that names missing programs is rejected at startup', async () => {
    await using programs = await createScriptPrograms();
    const file = config({ ...ecr, name: 'gone' }, { ...ecr, name: 'lost' });
    const providers = { config: await programs.write('providers.yaml', file), binDir: programs.binDir };
    const loading = loadKeychain(
      { logger: createRecordingLogger().logger },
      { dockerConfigs: [], providers, env: {} },
    );
    await expect(loading).rejects.toMatchObject({
      code: 'missing-file',
      message: expect.stringMatching(/gone": there is no such file[^]*lost": there is no such file/),
    });
  });

  test('a missing configuration is rejected at startup', async () => {
    const providers = { config: '/nonexistent/providers.yaml', binDir: '/nonexistent' };
    const loading = loadKeychain(
      { logger: createRecordingLogger().logger },
      { dockerConfigs: [], providers, env: {} },
    );
    await expect(loading).rejects.toMatchObject({ code: 'missing-file' });
  });

  test.for([
    { requireServiceAccount: true, asked: 0 },
    { requireServiceAccount: false, asked: 1 },
  ])(
    'a plugin with tokenAttributes (requireServiceAccount: $requireServiceAccount)',
    async ({ requireServiceAccount, asked }) => {
      const tokenAttributes = {
        requireServiceAccount,
        serviceAccountTokenAudience: 'x',
        cacheType: 'ServiceAccount',
      };
      await using bench = await setUp({
        scripts: { ecr: response() },
        providers: [{ ...ecr, tokenAttributes }],
      });
      await bench.logins('a.ecr.test/x');
      expect(await bench.programs.inputs('ecr')).toHaveLength(asked);
    },
  );
});
