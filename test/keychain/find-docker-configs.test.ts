import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findDockerConfigs } from '../../src/keychain/find-docker-configs.ts';

const before = process.cwd();
let checkout: string;

/** Creates an untrusted checkout with login files, and makes it the current folder. */
beforeAll(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'wasmgate-checkout-'));
  for (const [folder, file] of [
    ['.docker', 'config.json'],
    ['containers', 'auth.json'],
  ] as const) {
    await mkdir(join(checkout, folder));
    await writeFile(join(checkout, folder, file), '{"auths":{}}');
  }
  process.chdir(checkout);
});

afterAll(async () => {
  process.chdir(before);
  await rm(checkout, { recursive: true });
});

test.each([
  ['are not set', {}],
  ['are empty', { HOME: '', XDG_RUNTIME_DIR: '', DOCKER_CONFIG: '', REGISTRY_AUTH_FILE: '' }],
])('files in the current folder are ignored if the variables %s', (_case, env) => {
  expect(findDockerConfigs(env)).toEqual([]);
});

test('files are found in the folders that the variables name', () => {
  const found = ['.docker/config.json', 'containers/auth.json'].map((path) => join(checkout, path));
  expect(findDockerConfigs({ HOME: checkout, XDG_RUNTIME_DIR: checkout })).toEqual(found);
});
