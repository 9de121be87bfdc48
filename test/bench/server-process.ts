import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:https';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './bench-row.ts';
import { killAtExit } from './child-processes.ts';

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

/** The first line of output with a port; every server of the benchmark writes JSON lines. */
async function readPort(lines: AsyncIterable<string>): Promise<number> {
  const seen: string[] = [];
  for await (const line of lines) {
    seen.push(line);
    const { port } = (line.startsWith('{') ? JSON.parse(line) : {}) as { readonly port?: number };
    if (port !== undefined) return port;
  }
  throw new Error(`Cannot start server: it has printed no port\n${seen.join('\n')}`);
}

function isReady(port: number, ca: string, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  get({ host: '127.0.0.1', port, ca, path: '/readyz', agent: false, signal }, (response) => {
    response.resume();
    resolve(response.statusCode === 200);
  }).once('error', () => resolve(false));
  return promise;
}

async function untilReady(port: number, ca: string, signal: AbortSignal): Promise<void> {
  while (!(await isReady(port, ca, signal))) {
    if (signal.aborted) throw new Error('Cannot start server: it has ended, or takes too long');
    await sleep(DEFAULTS.pollMilliseconds);
  }
}

async function request(child: ChildProcess, message: string, ended: Promise<never>): Promise<Report> {
  const answered = once(child, 'message') as Promise<[Report]>;
  child.send(message);
  const [report] = await Promise.race([answered, ended]);
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
  killAtExit(child);
  const exited = once(child, 'exit');
  const death = new AbortController();
  const ended = exited.then(([code, signal]) => {
    const error = new Error(`The server has ended: ${code ?? signal}`);
    death.abort(error);
    throw error;
  });
  // Only those who wait for an answer need to know.
  ended.catch(() => {});
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  const signal = AbortSignal.timeout(DEFAULTS.patienceMilliseconds);
  const output = child.stdout as NodeJS.ReadableStream;
  const start = async (): Promise<number> => {
    // A signal would pause the output for good when it fires, and the server would soon wait to write.
    const late = setTimeout(() => child.kill('SIGKILL'), DEFAULTS.patienceMilliseconds);
    const port = await readPort(createInterface({ input: output })).finally(() => clearTimeout(late));
    output.resume();
    await untilReady(port, bundle.certificate.caCert, AbortSignal.any([signal, death.signal]));
    return port;
  };
  const port = await start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const readyMilliseconds = performance.now() - started;
  return {
    pid: child.pid ?? 0,
    port,
    readyMilliseconds,
    measureCpu: async (work) => {
      await request(child, 'begin', ended);
      await work();
      return (await request(child, 'end', ended)).cpuMilliseconds;
    },
    measureBlock: async (work) => {
      await request(child, 'watch', ended);
      await work();
      return (await request(child, 'unwatch', ended)).longestTurn;
    },
    usedBytes: async () => (await request(child, 'memory', ended)).usedBytes,
    [Symbol.asyncDispose]: stop,
  };
}
