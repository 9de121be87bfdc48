import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recipeFolder } from './cache.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'node-programs-'));
  await mkdir(join(folder, 'sources/src'), { recursive: true });
  await writeFile(join(folder, 'sources/src/main.rs'), 'fn main() {}');
});
afterAll(async () => rm(folder, { recursive: true }));

const inputs = () => ({
  name: 'shim',
  version: '1.0',
  sources: [join(folder, 'sources')],
  settings: ['--release'],
});

test('names the folder of a build after its name, version and inputs', async () => {
  const path = await recipeFolder(inputs(), { XDG_CACHE_HOME: '/cache' });
  expect(path).toMatch(/^\/cache\/wasmgate\/node\/shim-1\.0-[0-9a-f]{10}$/);
});

test('names the same folder in another checkout', async () => {
  await cp(join(folder, 'sources'), join(folder, 'checkout/sources'), { recursive: true });
  const copy = { ...inputs(), sources: [join(folder, 'checkout/sources')] };
  expect(await recipeFolder(copy)).toBe(await recipeFolder(inputs()));
});

test('names another folder after a change to a setting, a file or a file name', async () => {
  const names = [await recipeFolder(inputs()), await recipeFolder({ ...inputs(), settings: [] })];
  await writeFile(join(folder, 'sources/src/main.rs'), 'fn main() { }');
  names.push(await recipeFolder(inputs()));
  await cp(join(folder, 'sources/src/main.rs'), join(folder, 'sources/src/more.rs'));
  names.push(await recipeFolder(inputs()));
  expect(new Set(names.map((path) => basename(path))).size).toBe(4);
});
