import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findDockerConfigs } from '../../src/keychain/find-docker-configs.ts';

const before = process.cwd();
let checkout: string;

/** Somebody else's checkout, with what looks like logins in it, is where the command is run. */
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
  ['are not there', {}],
  ['are empty', { HOME: '', XDG_RUNTIME_DIR: '', DOCKER_CONFIG: '', REGISTRY_AUTH_FILE: '' }],
])('where the variables %s, nothing is taken from the folder one stands in', (_case, env) => {
  expect(findDockerConfigs(env)).toEqual([]);
});

test('what variables name is found there', () => {
  const found = ['.docker/config.json', 'containers/auth.json'].map((path) => join(checkout, path));
  expect(findDockerConfigs({ HOME: checkout, XDG_RUNTIME_DIR: checkout })).toEqual(found);
});
