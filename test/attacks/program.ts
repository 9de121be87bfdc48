import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readContainerSettings } from '../support/cli/built-program.ts';
import { probe } from '../support/e2e/probe.ts';
import { freePort } from '../support/lib/processes.ts';

/** What an attack cost the program. */
export interface ProgramFigures {
  /** The most CPU milliseconds of the main thread between two turns of its event loop. */
  readonly longestFreeze: number;
  /** Peak resident memory in MiB. */
  readonly peakMemory: number;
}

export interface MeasuredProgram extends AsyncDisposable {
  readonly port: number;
  readonly metricsPort: number;
  readonly pid: number;
  readonly figures: () => Promise<ProgramFigures>;
  readonly hasExited: () => boolean;
  /** Its output. */
  readonly output: () => string;
}

export interface ProgramOptions {
  /** The built main.js. */
  readonly program: string;
  readonly configuration: string;
  readonly env: Readonly<Record<string, string>>;
  /** Scripts to load before it. */
  readonly require?: readonly string[];
  /** Arguments beside those for the configuration and the ports. */
  readonly flags?: readonly string[];
}

const DEFAULTS = {
  pollMilliseconds: 20,
  patienceMilliseconds: 60_000,
  /** Milliseconds without an answer after which the program counts as frozen. */
  frozenMilliseconds: 10_000,
  /** Characters of output to show if the program exits. */
  outputCharacters: 16_000,
} as const;

const MEBIBYTE_IN_KIBIBYTES = 1024;

function peakMemory(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [, kibibytes = Number.NaN] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return Number(kibibytes) / MEBIBYTE_IN_KIBIBYTES;
}

/** Starts the built program as the Deployment does, with instrumentation, and waits until it is ready. */
export async function startProgram(options: ProgramOptions): Promise<MeasuredProgram> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const meter = fileURLToPath(new URL('inside-program.cjs', import.meta.url));
  const required = [meter, ...(options.require ?? [])].flatMap((file) => ['--require', file]);
  const flags = ['--config', options.configuration, '--host', '127.0.0.1'];
  flags.push('--port', String(port), '--metrics-port', String(metricsPort));
  const { nodeFlags, environment } = await readContainerSettings();
  const args = [...nodeFlags, ...required, options.program, 'serve', ...flags, ...(options.flags ?? [])];
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env['PATH'], ...environment, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = `${output}${chunk.toString()}`.slice(-DEFAULTS.outputCharacters);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const exited = once(child, 'exit');
  const hasExited = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const started = performance.now();
  while ((await probe(port, '/readyz')) !== 200) {
    if (hasExited() || performance.now() - started > DEFAULTS.patienceMilliseconds)
      throw new Error(`Cannot start the program: not ready\n${output}`);
    await sleep(DEFAULTS.pollMilliseconds);
  }
  child.send('reset');
  return {
    port,
    metricsPort,
    pid: child.pid ?? 0,
    hasExited,
    output: () => output,
    figures: async () => {
      if (hasExited()) throw new Error(`Cannot measure the program: it has ended\n${output}`);
      const signal = AbortSignal.timeout(DEFAULTS.frozenMilliseconds);
      const told = once(child, 'message', { signal }) as Promise<[Pick<ProgramFigures, 'longestFreeze'>]>;
      child.send('figures');
      const [{ longestFreeze }] = await told.catch(() => [{ longestFreeze: DEFAULTS.frozenMilliseconds }]);
      return { longestFreeze, peakMemory: peakMemory(child.pid ?? 0) };
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
