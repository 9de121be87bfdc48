import { describe, expect, test } from 'vitest';
import { matchCredentials } from '../../src/credentials/match-credentials.ts';
import { parseReference } from '../../src/image/reference.ts';
import type { KeychainLimits } from '../../src/keychain/keychain-limits.ts';
import { loadKeychain } from '../../src/keychain/keychain.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { createScriptPrograms, type ScriptPrograms } from '../support/cli/script-programs.ts';

const never = new AbortController().signal;

function helperScript(username: string, secret: string): string {
  return `printf '{"ServerURL":"%s","Username":"${username}","Secret":"${secret}"}' "$input"`;
}

interface Bench extends AsyncDisposable {
  readonly programs: ScriptPrograms;
  readonly warnings: () => readonly string[];
  /** Returns the user name, or else the kind, of each credential that applies to the image. */
  readonly logins: (image: string) => Promise<readonly string[]>;
}

async function setUp(config: unknown, limits: Partial<KeychainLimits> = {}): Promise<Bench> {
  const programs = await createScriptPrograms();
  const file =
    config === undefined ? `${programs.folder}/no-config.json` : await programs.write('config.json', config);
  const { logger, messages } = createRecordingLogger();
  const keychain = await loadKeychain(
    { logger },
    { dockerConfigs: [file], providers: undefined, env: programs.env, limits },
  );
  return {
    programs,
    warnings: () => messages('warn'),
    logins: async (image) => {
      const reference = parseReference(image);
      const keyring = await keychain.credentialsFor(reference, never);
      return matchCredentials(reference, [keyring]).credentials.map(({ secret }) =>
        secret.kind === 'basic' ? secret.username : secret.kind,
      );
    },
    [Symbol.asyncDispose]: () => programs[Symbol.asyncDispose](),
  };
}

const auths = { 'ghcr.io': { auth: Buffer.from('file:geheim').toString('base64') } };

describe('logins in the file', () => {
  test.for([
    { name: 'an entry for the registry', config: { auths }, image: 'ghcr.io/a/b', logins: ['file'] },
    { name: 'entries for others', config: { auths }, image: 'quay.io/a/b', logins: [] },
    { name: 'no entries', config: {}, image: 'ghcr.io/a/b', logins: [] },
  ])('$name', async ({ config, image, logins }) => {
    await using bench = await setUp(config);
    expect(await bench.logins(image)).toEqual(logins);
    expect(bench.warnings()).toEqual([]);
  });

  test.for([
    { name: 'does not exist', config: undefined, said: 'config.json": there is no such file' },
    { name: 'is not JSON', config: '{"auths": geheim', said: 'config.json": it is not JSON' },
    {
      name: 'has an invalid entry',
      config: { auths: { 'ghcr.io': { auth: 'geheim!' } } },
      said: 'config.json": "auth" of entry "ghcr.io"',
    },
    {
      name: 'exceeds the size limit',
      config: 'x'.repeat(1024 * 1024 + 1),
      said: 'config.json": it is larger than 1048576 bytes',
    },
  ])('a file that $name is logged and yields no logins', async ({ config, said }) => {
    await using bench = await setUp(config);
    expect(await bench.logins('ghcr.io/a')).toEqual([]);
    expect(bench.warnings()).toEqual([expect.stringContaining(said)]);
    expect(bench.warnings().join()).not.toContain('geheim');
  });
});

describe('logins from a credential helper', () => {
  test('the helper runs once per registry, and its login precedes the file', async () => {
    await using bench = await setUp({ auths, credHelpers: { 'ghcr.io': 'mine' } });
    await bench.programs.add('docker-credential-mine', helperScript('helped', 'geheim'));
    expect(await Promise.all([bench.logins('ghcr.io/a/b'), bench.logins('ghcr.io/c')])).toEqual([
      ['helped', 'file'],
      ['helped', 'file'],
    ]);
    expect(await bench.programs.inputs('docker-credential-mine')).toEqual(['ghcr.io']);
    expect(await bench.logins('quay.io/a')).toEqual([]);
    expect(await bench.programs.inputs('docker-credential-mine')).toHaveLength(1);
  });

  test('the helper gets the server name that docker login uses for Docker Hub', async () => {
    await using bench = await setUp({ credsStore: 'all' });
    await bench.programs.add('docker-credential-all', helperScript('hub', 'geheim'));
    expect(await bench.logins('nginx')).toEqual(['hub']);
    expect(await bench.programs.inputs('docker-credential-all')).toEqual(['https://index.docker.io/v1/']);
  });

  test('a refresh token is an identity token', async () => {
    await using bench = await setUp({ credsStore: 'all' });
    await bench.programs.add('docker-credential-all', helperScript('<token>', 'refresh'));
    expect(await bench.logins('x.azurecr.io/a')).toEqual(['identity-token']);
  });

  test('a helper without a login for the registry is not an error', async () => {
    await using bench = await setUp({ auths, credsStore: 'all' });
    await bench.programs.add(
      'docker-credential-all',
      'echo credentials not found in native keychain; exit 1',
    );
    expect(await bench.logins('ghcr.io/a')).toEqual(['file']);
    expect(bench.warnings()).toEqual([]);
  });

  const long = `printf '%200000s' x; printf '%200000s' x`;
  test.for([
    { name: 'is not installed', script: null, said: 'there is no such program' },
    { name: 'fails', script: 'echo geheim; echo geheim >&2; exit 3', said: 'exit code 3' },
    { name: 'prints nothing', script: ':', said: 'returned no JSON' },
    {
      name: 'prints invalid JSON values',
      script: 'echo \'{"Username":7,"Secret":"geheim"}\'',
      said: 'user name',
    },
    { name: 'is killed', script: 'kill -9 $$', said: 'signal' },
    { name: 'prints too much', script: long, said: 'more than' },
    { name: 'never responds', script: 'sleep 60', said: 'no answer in 300 ms' },
    { name: 'leaves a child process that holds its output', script: 'sleep 60 & exit 0', said: 'no answer' },
  ])(
    'a helper that $name is logged without its output, and the file still applies',
    async ({ script, said }) => {
      // The short timeout applies only if the helper never responds; a shell may start slowly.
      const limits = said.startsWith('no answer') ? { programMilliseconds: 300 } : {};
      await using bench = await setUp({ auths, credsStore: 'all' }, limits);
      if (script !== null) await bench.programs.add('docker-credential-all', script);
      expect(await bench.logins('ghcr.io/a')).toEqual(['file']);
      expect(bench.warnings()).toEqual([expect.stringContaining(said)]);
      expect(bench.warnings().join()).not.toContain('geheim');
    },
  );

  test('a failure is not cached', async () => {
    await using bench = await setUp({ credsStore: 'all' });
    await bench.programs.add('docker-credential-all', 'exit 1');
    expect(await bench.logins('ghcr.io/a')).toEqual([]);
    await bench.programs.add('docker-credential-all', helperScript('again', 'geheim'));
    expect(await bench.logins('ghcr.io/a')).toEqual(['again']);
  });
});
