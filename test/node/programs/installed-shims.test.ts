import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { installedShims } from './installed-shims.ts';

test('finds shims by the names of their files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'node-programs-'));
  onTestFinished(async () => rm(folder, { recursive: true }));
  const files = [
    'containerd-shim-wasmtime-v1',
    'containerd-shim-spin-v2',
    'containerd-shim-runc-v2',
    'containerd-shim-spin',
    'README.md',
  ];
  for (const file of files) await writeFile(join(folder, file), '');
  expect(await installedShims(folder)).toEqual([
    { handler: 'spin', runtimeType: 'io.containerd.spin.v2', path: join(folder, 'containerd-shim-spin-v2') },
    {
      handler: 'wasmtime-upstream',
      runtimeType: 'io.containerd.wasmtime.v1',
      path: join(folder, 'containerd-shim-wasmtime-v1'),
    },
  ]);
});
