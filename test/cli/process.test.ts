import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../support/cli/cli-program.ts', import.meta.url));

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { FORCE_COLOR: _, NO_COLOR: __, ...inherited } = process.env;
  return spawn(process.execPath, [PROGRAM, ...args], { env: { ...inherited, ...env }, stdio: 'pipe' });
}

test('a closed pipe is no error', async () => {
  const program = start(['serve', '--help']);
  const stderr = text(program.stderr);
  await once(program.stdout, 'readable');
  program.stdout.destroy();
  expect(await once(program, 'exit')).toEqual([0, null]);
  expect(await stderr).toBe('');
});

test.skipIf(!existsSync('/dev/full'))('a full disk ends the program with an error in words', async () => {
  const command = '"$0" "$1" --help >/dev/full';
  const program = spawn('sh', ['-c', command, process.execPath, PROGRAM], { stdio: 'pipe' });
  const [stderr, exit] = await Promise.all([text(program.stderr), once(program, 'exit')]);
  expect(stderr).toBe(
    'wasmgate: Cannot write to standard output: no space is left on the device. What was written is incomplete.\n',
  );
  expect(exit).toEqual([1, null]);
});

test('a slow reader gets all of a long help', async () => {
  const program = start(['serve', '--help']);
  const stdout = await text(program.stdout);
  expect(stdout).toContain('policy.key4999');
  expect(stdout).toContain('Examples');
});

test('the process exits with the exit code', async () => {
  const program = start(['serv']);
  expect(await once(program, 'exit')).toEqual([2, null]);
});

test.each([
  ['FORCE_COLOR', { FORCE_COLOR: '1' }, true],
  ['NO_COLOR', { NO_COLOR: '1' }, false],
  ['a pipe', {}, false],
])('headings: %s', async (_case, env, isBold) => {
  const stdout = await text(start(['--help'], env).stdout);
  expect(stdout.includes('\u001b[1mUsage')).toBe(isBold);
});
