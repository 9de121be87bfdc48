import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runInspect, type InspectOptions, type InspectRun } from '../../support/cli/run-inspect.ts';
import { createScriptPrograms, type ScriptPrograms } from '../../support/cli/script-programs.ts';
import { putFixtureImages } from '../../support/image/fixture-images.ts';
import { startRegistry, type TestRegistry } from '../../support/registry/registry.ts';

const PASSWORD = 'pull-me';
let registry: TestRegistry;
let programs: ScriptPrograms;

beforeAll(async () => {
  registry = await startRegistry({
    images: putFixtureImages,
    auth: 'bearer',
    users: { puller: PASSWORD },
  });
  programs = await createScriptPrograms();
});

afterAll(async () => {
  await registry.close();
  await programs[Symbol.asyncDispose]();
});

function inspect(flags: readonly string[], options: InspectOptions = {}): Promise<InspectRun> {
  const env = { PATH: programs.env.PATH, ...options.env };
  return runInspect([`${registry.host}/corpus/spin-v2-app`, ...flags], { ...options, env });
}

/** Creates a folder with this Docker config. */
async function folderWith(name: string, config: object): Promise<string> {
  const folder = join(programs.folder, name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  return folder;
}

function auths(password = PASSWORD): object {
  return { auths: { [registry.host]: { auth: Buffer.from(`puller:${password}`).toString('base64') } } };
}

test('anonymous access is denied', async () => {
  expect(await inspect([])).toMatchObject({ exitCode: 1 });
});

test.each([
  ['as is', PASSWORD],
  ['with the line break of echo', `${PASSWORD}\n`],
  ['with that of Windows', `${PASSWORD}\r\n`],
])('--username and a password from standard input, %s', async (_case, stdin) => {
  const run = await inspect(['--username', 'puller', '--password-stdin'], { stdin });
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
});

test('a wrong password is rejected and not printed', async () => {
  const run = await inspect(['--username', 'puller', '--password-stdin'], { stdin: 'geheim' });
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain('The registry denied access.');
  expect(`${run.stdout}${run.stderr}`).not.toContain('geheim');
});

describe('Docker configs', () => {
  test('--docker-config', async () => {
    expect(await inspect(['--docker-config', await folderWith('flag', auths())])).toMatchObject({
      exitCode: 0,
      stderr: '',
    });
  });

  test('--docker-config replaces all other sources', async () => {
    const run = await inspect(['--docker-config', await folderWith('empty', {})], {
      env: { DOCKER_CONFIG: await folderWith('variable', auths()) },
    });
    expect(run.exitCode).toBe(1);
  });

  test.each([
    ['DOCKER_CONFIG', async () => ({ DOCKER_CONFIG: await folderWith('variable', auths()) })],
    ['~/.docker', async () => ({ HOME: join(await folderWith('home/.docker', auths()), '..') })],
    [
      'REGISTRY_AUTH_FILE, before DOCKER_CONFIG',
      async () => ({
        REGISTRY_AUTH_FILE: join(await folderWith('podman', auths()), 'config.json'),
        DOCKER_CONFIG: await folderWith('none', {}),
      }),
    ],
    [
      'podman’s auth.json',
      async () => {
        const runtime = join(programs.folder, 'runtime');
        await mkdir(join(runtime, 'containers'), { recursive: true });
        await writeFile(join(runtime, 'containers', 'auth.json'), JSON.stringify(auths()));
        return { XDG_RUNTIME_DIR: runtime };
      },
    ],
  ])('%s', async (_case, makeEnv) => {
    expect(await inspect([], { env: await makeEnv() })).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('a credential helper', async () => {
    await programs.add('docker-credential-real', `echo '{"Username":"puller","Secret":"${PASSWORD}"}'`);
    const folder = await folderWith('helper', { credHelpers: { [registry.host]: 'real' } });
    expect(await inspect(['--docker-config', folder])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('a failing helper causes a warning with the command to try, and other logins are tried', async () => {
    await programs.add('docker-credential-broken', 'echo geheim; exit 1');
    const folder = await folderWith('broken', { credsStore: 'broken', ...auths() });
    const run = await inspect(['--docker-config', folder]);
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toMatch(
      /^wasmgate: warning: .*docker-credential-broken failed with exit code 1\nTry it/,
    );
    expect(run.stderr).not.toContain('geheim');
  });

  test('an invalid config causes a warning', async () => {
    const folder = await folderWith('odd', { auths: 7 });
    const run = await inspect(['--docker-config', folder]);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/^wasmgate: warning: .*"auths" is not an object/);
  });
});

test("the kubelet's plugins, on a node", async () => {
  const apiVersion = 'credentialprovider.kubelet.k8s.io/v1';
  const answer = {
    apiVersion,
    kind: 'CredentialProviderResponse',
    cacheKeyType: 'Registry',
    auth: { [registry.host]: { username: 'puller', password: PASSWORD } },
  };
  await programs.add('local', `printf '%s' '${JSON.stringify(answer)}'`);
  const config = await programs.write('providers.yaml', {
    apiVersion: 'kubelet.config.k8s.io/v1',
    kind: 'CredentialProviderConfig',
    providers: [{ name: 'local', apiVersion, matchImages: [registry.host], defaultCacheDuration: '1m' }],
  });
  const flags = ['--image-credential-provider-config', config];
  const run = await inspect([...flags, '--image-credential-provider-bin-dir', programs.binDir]);
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  const gone = await inspect([...flags, '--image-credential-provider-bin-dir', '/nonexistent']);
  expect(gone.exitCode).toBe(2);
});
