import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeCreatedFolders } from './containerd.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'created-folders-'));
});
afterEach(async () => rm(folder, { recursive: true }));

test('removes the created folders, except for those that are gone or in use', async () => {
  for (const name of ['used', 'used/socket', 'empty']) await mkdir(join(folder, name));
  const list = join(folder, 'list');
  await writeFile(list, ['gone', 'used', 'empty'].map((name) => `${join(folder, name)}\n`).join(''));
  await removeCreatedFolders(list);
  expect(await readdir(folder)).toEqual(['list', 'used']);
});

test('has nothing to remove before a folder was created', async () => {
  await removeCreatedFolders(join(folder, 'list'));
  expect(await readdir(folder)).toEqual([]);
});
