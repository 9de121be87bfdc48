import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readMountedTexts } from '../../src/certs/mounted-pair.ts';

// The files were read at once, so an error named whichever failed first. A replica logs each error that differs from the last one,
// so a folder that stayed as it was could fill the log.
test('if several mounted files cannot be read, the error names the first, however long that takes to fail', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-mounted-'));
  try {
    // It can be opened, unlike the missing key, and fails later.
    await mkdir(join(folder, 'tls.crt'));
    await expect(readMountedTexts(folder)).rejects.toThrow(`Cannot read "${join(folder, 'tls.crt')}"`);
  } finally {
    await rm(folder, { recursive: true });
  }
});
