import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../support/lib/processes.ts';

const BIN = join(import.meta.dirname, '..', '..', 'src', 'bin.js');

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-bin-'));
  for (const name of ['wasmgate', 'kubectl-wasmgate']) await symlink(BIN, join(folder, name));
});

afterAll(() => rm(folder, { recursive: true }));

/** Runs the program as a shell or kubectl does: by its name on the PATH, which `#!/usr/bin/env node` also uses. */
function call(name: string, args: readonly string[]) {
  const PATH = [folder, dirname(process.execPath), process.env['PATH']].join(delimiter);
  return run(name, args, { env: { ...process.env, PATH, NO_COLOR: '1' } });
}

test.each([
  ['wasmgate', 'wasmgate'],
  ['kubectl-wasmgate', 'kubectl wasmgate'],
])('%s calls itself %s in suggested commands', async (name, typed) => {
  const [help, review, wrong, nothing] = await Promise.all([
    call(name, ['--help']),
    call(name, ['review', '--help']),
    call(name, ['review', '--fil']),
    call(name, ['revue']),
  ]);
  expect(help.stdout).toContain(`  ${typed} COMMAND [flags]`);
  expect(help.stdout).toContain(`For flags and examples: ${typed} COMMAND --help`);
  expect(review.stdout).toContain(`  ${typed} review [FILE...`);
  expect(review.stdout).toContain(`| ${typed} review -f -`);
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining(`Cannot run "${typed} review"`) });
  expect(wrong.stderr).toContain(`\nSee: ${typed} review --help\n`);
  expect(nothing.stderr).toContain(
    `wasmgate: there is no command "revue". Did you mean "review"?\nSee: ${typed} --help\n`,
  );
});
