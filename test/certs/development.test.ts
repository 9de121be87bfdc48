import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadDevelopmentCertificate } from '../../src/certs/development.ts';
import { findCertificateFault } from '../../src/certs/find-certificate-fault.ts';
import { LOCAL_NAMES } from '../../src/certs/serving-certificate.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'wasmgate-certs-'));
});
afterEach(() => rm(root, { recursive: true }));

const modeOf = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;

test('creates a certificate once and reads it later; only the owner can read the keys', async () => {
  const folder = join(root, 'certs');
  const made = await loadDevelopmentCertificate(folder);
  expect(findCertificateFault(made, LOCAL_NAMES)).toBeNull();
  expect((await readdir(folder)).toSorted()).toEqual([
    'ca-key.pem',
    'ca.pem',
    'serving-key.pem',
    'serving.pem',
  ]);
  expect(await modeOf(join(folder, 'ca-key.pem'))).toBe(0o600);
  expect(await modeOf(join(folder, 'serving-key.pem'))).toBe(0o600);
  expect(await loadDevelopmentCertificate(folder)).toEqual(made);
});

test('replaces a missing or broken file, without inheriting a lax mode', async () => {
  const made = await loadDevelopmentCertificate(root);
  await chmod(join(root, 'serving-key.pem'), 0o644);
  await writeFile(join(root, 'serving.pem'), 'broken');
  const mended = await loadDevelopmentCertificate(root);
  expect(findCertificateFault(mended, LOCAL_NAMES)).toBeNull();
  expect(mended.caCert).toBe(made.caCert);
  expect(await modeOf(join(root, 'serving-key.pem'))).toBe(0o600);
  await rm(join(root, 'ca.pem'));
  expect((await loadDevelopmentCertificate(root)).caCert).not.toBe(made.caCert);
});

test('the error names a file in the place of the folder', async () => {
  const file = join(root, 'certs');
  await writeFile(file, '');
  await expect(loadDevelopmentCertificate(file)).rejects.toMatchObject({
    code: 'certificate-files',
    message: expect.stringContaining(`Cannot keep certificates in "${file}": `),
  });
  expect(await readFile(file, 'utf8')).toBe('');
});
