import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findPrograms } from './testbed/find-programs.ts';
import { cacheFolder } from './testbed/programs.ts';

/** Stands in for the Go toolchain: prints a version and "builds" what `-o` names, in two writes. */
const GO = `#!/bin/sh
[ "$1" = env ] && { echo "\${FAKE_GO_VERSION:-go1.26.8}"; exit; }
while [ "$1" != -o ]; do shift; done
printf 'half' > "$2"
[ -n "$FAKE_GO_FAILS" ] && exit 1
sleep 0.2
printf ' whole' >> "$2"
chmod +x "$2"
`;

let folder = '';
let env: NodeJS.ProcessEnv = {};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-testbed-'));
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin', 'go'), GO, { mode: 0o755 });
  env = { PATH: `${join(folder, 'bin')}:/usr/bin:/bin`, XDG_CACHE_HOME: join(folder, 'cache') };
});
afterEach(() => rm(folder, { recursive: true }));

test('prefers KUBEBUILDER_ASSETS to the cache, and builds what is in neither', async () => {
  const assets = join(folder, 'assets');
  await mkdir(assets);
  for (const name of ['etcd', 'kubectl']) await writeFile(join(assets, name), '');
  await chmod(join(assets, 'etcd'), 0o755);

  const found = await findPrograms(['etcd', 'kubectl'], { ...env, KUBEBUILDER_ASSETS: assets });

  expect(found).toEqual({
    kind: 'found',
    // The kubectl there is not executable.
    paths: { etcd: join(assets, 'etcd'), kubectl: join(cacheFolder(env), 'kubectl') },
  });
});

test('two concurrent builders both end with the complete program', async () => {
  const both = await Promise.all([findPrograms(['crane'], env), findPrograms(['crane'], env)]);

  expect(both[0]).toEqual(both[1]);
  expect(await readdir(cacheFolder(env))).toEqual(['crane']);
  expect(await readFile(join(cacheFolder(env), 'crane'), 'utf8')).toBe('half whole');
});

test('a build that fails leaves nothing behind', async () => {
  await expect(findPrograms(['crane'], { ...env, FAKE_GO_FAILS: '1' })).rejects.toThrow(
    'Cannot build github.com/google/go-containerregistry/cmd/crane: go ended with 1',
  );
  expect(await readdir(cacheFolder(env))).toEqual([]);
});

test.each([
  { name: 'there is no Go', without: true, says: 'there is no Go 1.26 or newer to build them with' },
  { name: 'Go is too old', version: 'go1.25.3', says: 'takes Go 1.26 or newer (here: go1.25.3)' },
])('says what is missing where $name', async ({ without, version, says }) => {
  if (without === true) await rm(join(folder, 'bin', 'go'));

  const missing = await findPrograms(['etcd'], { ...env, FAKE_GO_VERSION: version });

  expect(missing).toMatchObject({ kind: 'missing', reason: expect.stringContaining(says) });
});

test('missing programs are an error if the end-to-end tests are required', async () => {
  await rm(join(folder, 'bin', 'go'));
  await expect(findPrograms(['etcd'], { ...env, WASMGATE_E2E: 'required' })).rejects.toThrow(
    'Cannot run the end-to-end tests: etcd are neither in KUBEBUILDER_ASSETS nor in',
  );
});
