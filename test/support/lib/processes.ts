import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Lines of a log shown after a failure: enough for the reason, not the whole log of an API server. */
const TAIL_LINES = 40;
const POLL_MILLISECONDS = 100;

/**
 * Runs a program and ends it when standard input ends: the kernel closes that pipe however the test process ends, `kill -9`
 * included, so no server outlives its test.
 */
const KEEPER = `
exec 3<&0
"$@" </dev/null 3<&- & child=$!
{ read -r _ <&3; kill -TERM "$child"; sleep 30; kill -KILL "$child"; } 2>/dev/null & keeper=$!
wait "$child"; status=$?
kill "$keeper" 2>/dev/null
exit "$status"
`;

export interface ServerProcess extends AsyncDisposable {
  readonly name: string;
  readonly logFile: string;
  /** Resolves with the exit code; 128 + signal if a signal ended the process. */
  readonly exited: Promise<number>;
  readonly hasExited: () => boolean;
  /** Sends SIGTERM, and SIGKILL half a minute later; resolves with the exit code. */
  readonly stop: () => Promise<number>;
  /** Sends SIGKILL to the program itself (Linux only); resolves with the exit code. */
  readonly kill: () => Promise<number>;
}

export interface ServerOptions {
  readonly name: string;
  readonly logFile: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts a server whose output goes to a file. */
export function startServer(command: string, args: readonly string[], options: ServerOptions): ServerProcess {
  const log = openSync(options.logFile, 'a');
  const shell = spawn('sh', ['-c', KEEPER, options.name, command, ...args], {
    stdio: ['pipe', log, log],
    env: options.env ?? process.env,
  });
  closeSync(log);
  const { promise: exited, resolve } = Promise.withResolvers<number>();
  let ended = false;
  const finish = (code: number): void => {
    ended = true;
    resolve(code);
  };
  shell.once('error', () => finish(127));
  shell.once('exit', (code) => finish(code ?? 137));
  shell.stdin?.once('error', () => {});
  const stop = async (): Promise<number> => {
    shell.stdin?.end();
    return await exited;
  };
  const kill = async (): Promise<number> => {
    // The first child of KEEPER's shell is the program.
    const children = await readFile(`/proc/${shell.pid}/task/${shell.pid}/children`, 'utf8');
    process.kill(Number(children.split(' ')[0]), 'SIGKILL');
    return await exited;
  };
  return {
    name: options.name,
    logFile: options.logFile,
    exited,
    hasExited: () => ended,
    stop,
    kill,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

export async function readLogTail(logFile: string, lines: number = TAIL_LINES): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

export interface Waiting {
  readonly what: string;
  readonly seconds: number;
  /** Servers that must run meanwhile: if one ends, the error has its log. */
  readonly servers?: readonly ServerProcess[];
}

/** Polls until the result is neither undefined nor false. The time limit is a safeguard, not an expectation. */
export async function waitFor<Result>(
  check: () => Promise<Result | undefined | false>,
  { what, seconds, servers = [] }: Waiting,
): Promise<Result> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const result = await check();
    if (result !== undefined && result !== false) return result;
    const dead = servers.find((server) => server.hasExited());
    if (dead !== undefined || Date.now() > deadline) {
      const logs = await Promise.all(
        (dead === undefined ? servers : [dead]).map(
          async ({ name, logFile }) => `--- ${name}\n${await readLogTail(logFile)}`,
        ),
      );
      const why = dead === undefined ? `not after ${seconds} s` : `${dead.name} has ended`;
      throw new Error([`Cannot wait for ${what}: ${why}`, ...logs].join('\n'));
    }
    await sleep(POLL_MILLISECONDS);
  }
}

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Sends SIGTERM to the program, and rejects. */
  readonly signal?: AbortSignal;
}

/** Runs a program to its end; a non-zero exit code is a result, not an error. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Output> {
  const { promise, resolve, reject } = Promise.withResolvers<Output>();
  const child = spawn(command, args, {
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => void stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => void stderr.push(chunk));
  child.once('error', reject);
  child.once('close', (code) =>
    resolve({
      stdout: Buffer.concat(stdout).toString(),
      stderr: Buffer.concat(stderr).toString(),
      code: code ?? 137,
    }),
  );
  child.stdin.once('error', () => {});
  child.stdin.end(options.stdin ?? '');
  return promise;
}

/** Runs a program that must succeed, and returns its standard output. */
export async function must(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
    throw new Error(`Cannot run "${command}": the program was not found`, { cause: error });
  });
  if (code === 0) return stdout;
  const output = `${stdout}${stderr}`.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  throw new Error(`Cannot run "${command} ${args.join(' ')}": it exited with ${code}\n${output}`);
}

/**
 * Returns a free port outside of the ephemeral range (from 32768 on Linux, from 49152 elsewhere): a client of another test
 * could take one of those before the server does. Test processes search from different starts, and take no port twice.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    nextPort = nextPort + 1 < PORTS.end ? nextPort + 1 : PORTS.first;
    const port = nextPort;
    const server = createServer();
    try {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    } catch (error) {
      if (!isInUse(error)) throw error;
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}

const PORTS = { first: 20_000, end: 32_000, eachProcess: 31 } as const;

let nextPort = PORTS.first + ((process.pid * PORTS.eachProcess) % (PORTS.end - PORTS.first));

function isInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
