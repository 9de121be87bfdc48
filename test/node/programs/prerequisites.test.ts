import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BUILD_TOOLS, cgroupVersion, debianPackages, describeMissing, isStatic } from './prerequisites.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'node-programs-'));
});
afterEach(async () => rm(folder, { recursive: true }));

test('names each Debian package once', () => {
  const { gcc, protoc, go } = BUILD_TOOLS;
  expect(debianPackages([protoc, gcc, go, gcc])).toEqual(['build-essential', 'protobuf-compiler']);
});

test('says how to get what is missing', () => {
  const { go, libseccomp, protoc } = BUILD_TOOLS;
  expect(describeMissing([go, libseccomp, protoc])).toEqual([
    'missing: Go 1.26 or newer (https://go.dev/dl)',
    'missing: headers of libseccomp',
    'missing: protoc',
    'On Debian, add --install, or run: apt-get install libseccomp-dev protobuf-compiler',
  ]);
  expect(describeMissing([go])).toEqual(['missing: Go 1.26 or newer (https://go.dev/dl)']);
});

describe('a version of a tool', () => {
  const { cargo, go } = BUILD_TOOLS;
  test.each([
    [cargo, 'cargo', 'cargo 1.95.0 (f2d3ce0bd 2026-03-21)', true],
    [cargo, 'cargo', 'cargo 1.88.0', true],
    [cargo, 'cargo', 'cargo 1.63.0', false],
    [go, 'go', 'go1.26.8', true],
    [go, 'go', 'go1.9', false],
  ])('%#: $1 that prints "$2"', async (tool, name, text, expected) => {
    await writeFile(join(folder, name), `#!/bin/sh\necho '${text}'\n`, { mode: 0o755 });
    expect(await tool.isPresent({ PATH: folder })).toBe(expected);
  });
});

test('distinguishes a static program from a dynamic one', async () => {
  await writeFile(join(folder, 'static'), '\x7fELF\x02\x01\0\0\0\0Q\xe5td', 'latin1');
  await writeFile(join(folder, 'dynamic'), '\x7fELF\x02\x01\0\0\0\0/lib64/ld-linux-x86-64.so.2\0', 'latin1');
  await writeFile(join(folder, 'script'), '#!/bin/sh\n');
  const paths = ['static', 'dynamic', 'script'].map((name) => join(folder, name));
  expect(await Promise.all(paths.map(isStatic))).toEqual([true, false, false]);
});

test('distinguishes the versions of control groups', async () => {
  expect(cgroupVersion(folder)).toBeNull();
  await mkdir(join(folder, 'memory'));
  await writeFile(join(folder, 'memory/cgroup.procs'), '');
  expect(cgroupVersion(folder)).toBe(1);
  await writeFile(join(folder, 'cgroup.controllers'), 'cpu memory');
  expect(cgroupVersion(folder)).toBe(2);
});
