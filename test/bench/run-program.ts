import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Bench } from './bench-row.ts';
import { killAtExit } from './child-processes.ts';
import { meterForeignWork } from './foreign-work.ts';
import { isTooBusy } from './statistics.ts';

/** Reports what a process used, at its end and on a channel of its own. */
const REPORT = fileURLToPath(new URL('../support/lib/report-usage.cjs', import.meta.url));

/** What report-usage.cjs writes. */
interface Usage {
  readonly cpuSeconds: number;
  readonly peakMebibytes: number;
}

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
  const foreign = meterForeignWork(pinning, 'servers');
  const started = performance.now();
  const child = spawn(command, [...before, '--require', REPORT, bundle.program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: bundle.folder },
  });
  killAtExit(child);
  const exited = once(child, 'exit');
  const [output, used] = await Promise.all([
    buffer(child.stdout as NodeJS.ReadableStream),
    text(child.stdio[3] as NodeJS.ReadableStream),
    exited,
  ]);
  const seconds = (performance.now() - started) / 1000;
  const { cpuSeconds, peakMebibytes } = JSON.parse(used) as Usage;
  return {
    output,
    seconds,
    cpuSeconds,
    peakMemory: peakMebibytes,
    isBusy: isTooBusy([foreign(cpuSeconds)]),
  };
}
