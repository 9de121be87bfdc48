import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:https';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './bench-row.ts';

export interface ServerCommand {
  /** This Node by default. */
  readonly command?: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What a server that loads inside-server.cjs reports. */
interface Report {
  readonly cpuMilliseconds: number;
  readonly longestTurn: number;
  readonly usedBytes: number;
}

export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  /** Milliseconds from spawning the process to the first 200 of GET /readyz. */
  readonly readyMilliseconds: number;
  /** CPU milliseconds of the main thread. */
  readonly measureCpu: (work: () => Promise<void>) => Promise<number>;
  /** The most CPU milliseconds of the main thread between two turns of its event loop. */
  readonly measureBlock: (work: () => Promise<void>) => Promise<number>;
  /** Bytes that are in use after a garbage collection. */
  readonly usedBytes: () => Promise<number>;
}

const DEFAULTS = { pollMilliseconds: 2, patienceMilliseconds: 30_000 } as const;

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

async function request(child: ChildProcess, message: string): Promise<Report> {
  const answered = once(child, 'message') as Promise<[Report]>;
  child.send(message);
  const [report] = await answered;
  return report;
}

/** Starts a server on a free port, reads the port from its output, and waits until it is ready. */
export async function startServer(server: ServerCommand, { pinning, bundle }: Bench): Promise<ServerProcess> {
  const { command: program = process.execPath, args, env = {} } = server;
  const [command, ...before] = [...pinning.prefix, program];
  const started = performance.now();
  const child = spawn(command, [...before, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  running.add(child);
  const exited = once(child, 'exit');
  const output = child.stdout;
  if (output === null) throw new Error('Cannot read the output of a server');
  const port = await readPort(createInterface({ input: output }));
  output.resume();
  while (!(await isReady(port, bundle.certificate.caCert))) {
    if (performance.now() - started > DEFAULTS.patienceMilliseconds)
      throw new Error('Cannot start server: not ready');
    await sleep(DEFAULTS.pollMilliseconds);
  }
  const readyMilliseconds = performance.now() - started;
  return {
    pid: child.pid ?? 0,
    port,
    readyMilliseconds,
    measureCpu: async (work) => {
      await request(child, 'begin');
      await work();
      return (await request(child, 'end')).cpuMilliseconds;
    },
    measureBlock: async (work) => {
      await request(child, 'watch');
      await work();
      return (await request(child, 'unwatch')).longestTurn;
    },
    usedBytes: async () => (await request(child, 'memory')).usedBytes,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exited;
      running.delete(child);
    },
  };
}
