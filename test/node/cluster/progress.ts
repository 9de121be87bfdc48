import { performance } from 'node:perf_hooks';

const started = performance.now();

/** Prints a line with the seconds since the start of the run. */
export function say(line: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${seconds.padStart(6)} s  ${line}`);
}

/** Runs a step and prints what it was when it is done. */
export async function step<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  const from = performance.now();
  const result = await work();
  say(`${what} (${((performance.now() - from) / 1000).toFixed(1)} s)`);
  return result;
}
