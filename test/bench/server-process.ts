import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:https';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pinning } from './pinning.ts';

export interface ServerCommand {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  /** Milliseconds from spawning the process to the first 200 of GET /readyz. */
  readonly readyMilliseconds: number;
}

const DEFAULTS = { pollMilliseconds: 2, patienceMilliseconds: 20_000 } as const;

const running = new Set<{ readonly kill: (signal: 'SIGKILL') => boolean }>();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** The first line of output with a port; every server of the benchmark writes JSON lines. */
async function readPort(lines: AsyncIterable<string>): Promise<number> {
  const seen: string[] = [];
  for await (const line of lines) {
    seen.push(line);
    const { port } = (line.startsWith('{') ? JSON.parse(line) : {}) as { readonly port?: number };
    if (port !== undefined) return port;
  }
  throw new Error(`Cannot start server: it has ended\n${seen.join('\n')}`);
}

function isReady(port: number, ca: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  get({ host: '127.0.0.1', port, ca, path: '/readyz', agent: false }, (response) => {
    response.resume();
    resolve(response.statusCode === 200);
  }).once('error', () => resolve(false));
  return promise;
}

/** Starts a server on a free port, reads the port from its output, and waits until it is ready. */
export async function startServer(
  { args, env = {} }: ServerCommand,
  { pinning, ca }: { readonly pinning: Pinning; readonly ca: string },
): Promise<ServerProcess> {
  const [command, ...before] = [...pinning.prefix, process.execPath];
  const started = performance.now();
  const child = spawn(command, [...before, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  const exited = once(child, 'exit');
  const port = await readPort(createInterface({ input: child.stdout }));
  child.stdout.resume();
  while (!(await isReady(port, ca))) {
    if (performance.now() - started > DEFAULTS.patienceMilliseconds)
      throw new Error('Cannot start server: not ready');
    await sleep(DEFAULTS.pollMilliseconds);
  }
  const readyMilliseconds = performance.now() - started;
  return {
    pid: child.pid ?? 0,
    port,
    readyMilliseconds,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exited;
      running.delete(child);
    },
  };
}
