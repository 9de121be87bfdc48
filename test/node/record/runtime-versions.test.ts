import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runtimeVersions } from './runtime-versions.ts';

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
  expect(await runtimeVersions(programs, 'spin')).toEqual({ 'containerd-shim-spin-v2': 'unknown' });
});

test('has the version of crun, and its engine', async () => {
  const crun = await program('crun', 'crun version 1.27.1\ncommit: 0\n+SYSTEMD +WASM:wasmedge +YAJL');
  expect(await runtimeVersions({ runc: '', crun, shims: null }, 'crun-plain')).toEqual({
    crun: '1.27.1',
    WasmEdge: expect.any(String),
  });
});

test('has the versions that our shim is built with', async () => {
  expect(await runtimeVersions({ runc: '', crun: null, shims: null }, 'wasmtime')).toEqual({
    'our shim on runwasi library': expect.stringMatching(/^\d+\.\d+\.\d+$/),
    wasmtime: expect.stringMatching(/^\d+\.\d+\.\d+$/),
  });
});
