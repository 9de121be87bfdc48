import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { printWarning } from '../../src/cli/io.ts';
import { createProgress } from '../../src/cli/progress.ts';
import { run } from '../support/lib/processes.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const ERASE = '\r\u001B[2K';

/** Standard error of a terminal; without columns, of a pipe. */
function startProgress(columns?: number, env: Readonly<Record<string, string>> = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  if (columns !== undefined) Object.assign(stderr, { isTTY: true, columns });
  const written = (): string => String(stderr.read() ?? '');
  return { ...createProgress({ stdout, stderr, env }), written };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test('a terminal shows one line after a second of silence, rewrites it and erases it', () => {
  const { update, done, written } = startProgress(40);
  update('Reading: 1 of 3');
  vi.advanceTimersByTime(999);
  expect(written()).toBe('');
  update('Reading: 2 of 3');
  vi.advanceTimersByTime(1);
  expect(written()).toBe(`${ERASE}Reading: 2 of 3`);
  vi.advanceTimersByTime(50);
  update('Reading: 3 of 3');
  expect(written()).toBe('');
  vi.advanceTimersByTime(50);
  expect(written()).toBe(`${ERASE}Reading: 3 of 3`);
  done();
  vi.advanceTimersByTime(5000);
  expect(written()).toBe(ERASE);
});

test('a command that ends within a second shows nothing', () => {
  const { update, done, written } = startProgress(40);
  update('Reading');
  vi.advanceTimersByTime(500);
  done();
  vi.advanceTimersByTime(5000);
  expect(written()).toBe('');
});

test('a busy command, whose timers do not fire, still shows its progress', () => {
  const { update, written } = startProgress(40);
  update('Reading: 1');
  vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 2000);
  update('Reading: 2');
  expect(written()).toBe(`${ERASE}Reading: 2`);
});

test('what is printed meanwhile erases the line first', () => {
  const { io, update, written } = startProgress(40);
  update('Reading');
  vi.advanceTimersByTime(1000);
  printWarning(io, 'one');
  printWarning(io, 'two');
  expect(written()).toBe(`${ERASE}Reading${ERASE}wasmgate: warning: one\nwasmgate: warning: two\n`);
});

test('the line never wraps, and holds no control characters', () => {
  const { update, written } = startProgress(10);
  update('\u001B[31mred\nand a long line');
  vi.advanceTimersByTime(1000);
  expect(written().replace(ERASE, '')).toMatch(/^[ -~]{9}$/);
});

test.for<readonly [what: string, columns: number | undefined, env: Readonly<Record<string, string>>]>([
  ['a pipe', undefined, {}],
  ['a dumb terminal', 80, { TERM: 'dumb' }],
])('%s gets no progress', ([, columns, env]) => {
  const { update, done, written } = startProgress(columns, env);
  update('Reading');
  vi.advanceTimersByTime(5000);
  done();
  expect(written()).toBe('');
});

/** `script` runs a program on a pseudo-terminal; part of util-linux, and with other flags of BSD. */
const hasScript =
  (await run('script', ['--version']).catch(() => null))?.stdout.includes('util-linux') === true;

test.skipIf(!hasScript)(
  'inspect on a real terminal says what it waits for, and leaves only its result',
  async () => {
    vi.useRealTimers();
    const server = createServer((_request, response) => {
      void sleep(1500).then(() => response.writeHead(404).end());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const command = `'${process.execPath}' '${MAIN}' inspect 127.0.0.1:${port}/slow`;
    const { stdout } = await run('script', ['-qec', command, '/dev/null'], {
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', TERM: 'xterm' },
    });
    server.closeAllConnections();
    server.close();
    const shown = `${ERASE}Inspecting 127.0.0.1:${port}/slow:latest`;
    expect(stdout).toContain(shown);
    expect(stdout.slice(stdout.indexOf(shown) + shown.length)).satisfy((rest: string) =>
      rest.startsWith(`${ERASE}wasmgate: `),
    );
  },
);
