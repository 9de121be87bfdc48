import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../support/lib/processes.ts';

const BIN = join(import.meta.dirname, '..', '..', 'src', 'bin.js');

/** Imitates an older Node: another version, and a module without the export that was added in 22.1. */
function pretend(version: string): string {
  const code = `
    import nodeModule, { syncBuiltinESMExports } from 'node:module';
    Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });
    delete nodeModule.enableCompileCache;
    syncBuiltinESMExports();`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

test.each(['18.20.8', '20.20.2', '22.18.0'])(
  'Node %s is too old, and the error is one line',
  async (version) => {
    const found = await run(process.execPath, ['--import', pretend(version), BIN, 'version']);
    const stderr = `wasmgate needs Node 22.19 or newer, this is ${version}\n`;
    expect(found).toMatchObject({ code: 1, stdout: '', stderr });
  },
);

test.each(['22.19.0', '23.0.0', '24.0.0'])('Node %s is supported', async (version) => {
  const found = await run(process.execPath, ['--import', pretend(version), BIN, 'version']);
  expect(found).toMatchObject({ code: 0, stderr: '' });
});
