import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fileError, isMissing, readText } from '../../src/files/read-text.ts';
import { AppError } from '../../src/lib/errors.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-text-'));
  await mkdir(join(folder, 'folder'));
  await symlink('round', join(folder, 'round'));
  await writeFile(join(folder, 'text'), 'grün\n');
  await writeFile(join(folder, 'marked'), '\uFEFFtext');
  await writeFile(join(folder, 'empty'), '');
  await writeFile(join(folder, 'powershell'), Buffer.from('\uFEFFa: b\n', 'utf16le'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

test.for([
  { name: 'text', says: 'grün\n' },
  { name: 'marked', says: 'text' },
  { name: 'empty', says: '' },
])('reads $name', async ({ name, says }) => {
  expect(await readText({ path: join(folder, name) })).toBe(says);
});

test.for([
  { name: 'none', code: 'missing-file', says: 'there is no such file or folder' },
  { name: 'text/none', code: 'missing-file', says: 'a part of its path is not a folder' },
  { name: 'folder', code: 'unreadable-file', says: 'it is a folder' },
  { name: 'round', code: 'unreadable-file', says: 'its symbolic links form a loop' },
  { name: 'powershell', code: 'unreadable-file', says: 'it is not UTF-8 text' },
  { name: 'x'.repeat(300), code: 'unreadable-file', says: 'its name is too long' },
])('rejects $name: $says', async ({ name, code, says }) => {
  const path = join(folder, name);
  const error = await readText({ path, what: 'list', advice: 'Try another.' }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({
    code,
    message: `Cannot read list "${path}": ${says}`,
    blame: 'input',
    advice: 'Try another.',
  });
  expect(error).not.toHaveProperty('cause');
  expect(isMissing(error)).toBe(code === 'missing-file');
});

test('reads a file of the maximum size, but neither a larger one nor an endless device', async () => {
  const path = join(folder, 'text');
  expect(await readText({ path, maxBytes: 6 })).toHaveLength(5);
  await expect(readText({ path, maxBytes: 5 })).rejects.toThrow('it is larger than 5 bytes');
  await expect(readText({ path: '/dev/zero' })).rejects.toThrow('it is larger than 1048576 bytes');
});

// Root can read every file, so the test makes the system's error itself.
test('describes a file without permission', () => {
  const cause = Object.assign(new Error('EACCES: permission denied, open'), { code: 'EACCES' });
  expect(fileError({ path: 'a' }, cause)).toMatchObject({ message: 'Cannot read "a": permission denied' });
});

test('names an unusual error by its code, with Node’s message', () => {
  const cause = Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
  expect(fileError({ path: 'a' }, cause)).toMatchObject({ message: 'Cannot read "a": EIO', cause });
  const own = new AppError('other', 'Cannot do it');
  expect(fileError({ path: 'a' }, own)).toBe(own);
});
