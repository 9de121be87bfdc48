import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';
import type { Bench } from './bench-row.ts';
import { meterWaits } from './process-figures.ts';
import { isTooBusy } from './statistics.ts';

/** Reports what a process used, at its end and on a channel of its own. */
const REPORT = `data:text/javascript,${encodeURIComponent(`
import { writeSync } from 'node:fs';
process.once('exit', () => writeSync(3, JSON.stringify(process.resourceUsage())));
`)}`;

const MICROSECONDS = 1_000_000;
const MEBIBYTE_IN_KIBIBYTES = 1024;

/** A run of a command, as a user's shell would run it. */
export interface ProgramRun {
  readonly output: Buffer;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** The most resident memory, in MiB. */
  readonly peakMemory: number;
  readonly isBusy: boolean;
}

/** Runs the built program to its end, on the servers' processor. */
export async function runProgram({ bundle, pinning }: Bench, args: readonly string[]): Promise<ProgramRun> {
  const [command, ...before] = [...pinning.prefix, process.execPath];
  const started = performance.now();
  const child = spawn(command, [...before, '--import', REPORT, bundle.program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: bundle.folder },
  });
  const waits = meterWaits(child.pid ?? 0);
  let waited: number | null = null;
  const sampling = setInterval(() => {
    waited = waits() ?? waited;
  }, 50);
  const exited = once(child, 'exit');
  const [output, used] = await Promise.all([
    buffer(child.stdout as NodeJS.ReadableStream),
    text(child.stdio[3] as NodeJS.ReadableStream),
    exited,
  ]);
  clearInterval(sampling);
  const seconds = (performance.now() - started) / 1000;
  const { maxRSS, userCPUTime, systemCPUTime } = JSON.parse(used) as NodeJS.ResourceUsage;
  return {
    output,
    seconds,
    cpuSeconds: (userCPUTime + systemCPUTime) / MICROSECONDS,
    peakMemory: maxRSS / MEBIBYTE_IN_KIBIBYTES,
    isBusy: isTooBusy([waited]),
  };
}
