import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findNodePrograms } from './find-node-programs.ts';

// Other systems have no node, whatever the environment says.
describe.runIf(process.platform === 'linux')('programs of a node', () => {
  let folder: string;
  let bare: NodeJS.ProcessEnv;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'node-programs-'));
    await mkdir(join(folder, 'bin'));
    bare = { PATH: join(folder, 'bin'), XDG_CACHE_HOME: join(folder, 'cache') };
  });
  afterEach(async () => rm(folder, { recursive: true }));

  test('lists everything that a bare machine lacks', async () => {
    const found = await findNodePrograms(bare);
    expect(found).toMatchObject({
      kind: 'missing',
      reasons: expect.arrayContaining([
        'missing: busybox, statically linked',
        'missing: ip',
        'missing: Go 1.26 or newer (https://go.dev/dl)',
        'missing: cargo 1.88 or newer (https://rustup.rs)',
        expect.stringMatching(
          /apt-get install build-essential buildah busybox-static iproute2 .* protobuf-compiler/,
        ),
      ]),
    });
  });

  test.each([
    ['/nowhere/crun', 'WASMGATE_CRUN: "/nowhere/crun" is not an executable file'],
    [tmpdir(), 'is not an executable file'],
  ])('rejects WASMGATE_CRUN=%s', async (path, message) => {
    await expect(findNodePrograms({ ...bare, WASMGATE_CRUN: path })).rejects.toThrow(message);
  });

  test('rejects WASMGATE_SHIMS that has no shim, or one that is not executable', async () => {
    const shims = join(folder, 'shims');
    const env = { ...bare, WASMGATE_SHIMS: shims };
    await expect(findNodePrograms(env)).rejects.toThrow(`WASMGATE_SHIMS: cannot read the folder "${shims}"`);
    await mkdir(shims);
    await expect(findNodePrograms(env)).rejects.toThrow(`"${shims}" has no shim`);
    await writeFile(join(shims, 'containerd-shim-spin-v2'), '');
    await expect(findNodePrograms(env)).rejects.toThrow(
      `WASMGATE_SHIMS: "${shims}/containerd-shim-spin-v2" is not an executable file`,
    );
  });
});
