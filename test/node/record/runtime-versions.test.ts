import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { crunVersions, runtimeVersions } from './runtime-versions.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runtime-versions-'));
});
afterAll(async () => rm(folder, { recursive: true }));

async function program(name: string, output: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\ncat <<'END'\n${output}\nEND\n`, { mode: 0o755 });
  return path;
}

test('has the version that a shim of any generation prints', async () => {
  await program(
    'containerd-shim-slight-v1',
    'containerd-shim-slight-v1:\n  Version: 0.20.1\n  Go version: 1.9',
  );
  await program('containerd-shim-spin-v2', 'nothing');
  const programs = { runc: '', crun: null, shims: folder };
  expect(await runtimeVersions(programs, 'slight')).toEqual({ 'containerd-shim-slight-v1': '0.20.1' });
  await expect(runtimeVersions(programs, 'spin')).rejects.toThrow('prints no version: nothing');
  await expect(runtimeVersions(programs, 'wws')).rejects.toThrow('has no shim for handler "wws"');
});

test('has the version of crun, and its engine', async () => {
  const crun = await program('crun', 'crun version 1.27.1\ncommit: 0\n+SYSTEMD +WASM:wasmedge +YAJL');
  const engine = { WASMGATE_CRUN_ENGINE: 'WasmEdge 0.17.1' };
  expect(await crunVersions(crun, engine)).toEqual({ crun: '1.27.1', WasmEdge: '0.17.1' });
});

test.each([{}, { WASMGATE_CRUN_ENGINE: 'WasmEdge' }, { WASMGATE_CRUN_ENGINE: 'wasmtime 36.0.0' }])(
  'rejects a crun with an engine whose version is not given: %j',
  async (env) => {
    const crun = await program('crun', 'crun version 1.27.1\n+SYSTEMD +WASM:wasmedge +YAJL');
    await expect(crunVersions(crun, env)).rejects.toThrow('Set WASMGATE_CRUN_ENGINE');
  },
);

test('has the version of a crun without an engine', async () => {
  const crun = await program('crun', 'crun version 1.27.1\n+SYSTEMD +YAJL');
  expect(await crunVersions(crun, {})).toEqual({ crun: '1.27.1' });
});

test('has the versions that our shim is built with', async () => {
  expect(await runtimeVersions({ runc: '', crun: null, shims: null }, 'wasmtime')).toEqual({
    'our shim on runwasi library': expect.stringMatching(/^\d+\.\d+\.\d+$/),
    wasmtime: expect.stringMatching(/^\d+\.\d+\.\d+$/),
  });
});
