import { setTimeout as sleep } from 'node:timers/promises';
import type { Pinning } from './pinning.ts';
import { median, residentMemory } from './process-figures.ts';
import { startServer, type ServerCommand } from './server-process.ts';

const DEFAULTS = {
  starts: 7,
  /** Milliseconds between readiness and the memory reading, so that late starters such as watches are included. */
  settleMilliseconds: 1500,
} as const;

export interface Starts {
  /** From spawning the process to the first 200 of GET /readyz. */
  readonly readyMilliseconds: number;
  /** Resident, idle, in MiB. */
  readonly memory: number | null;
}

/** Medians of several starts. */
export async function measureStarts(
  command: ServerCommand,
  options: { readonly pinning: Pinning; readonly ca: string },
): Promise<Starts> {
  const ready: number[] = [];
  const memory: number[] = [];
  for (let start = 0; start < DEFAULTS.starts; start += 1) {
    await using server = await startServer(command, options);
    ready.push(server.readyMilliseconds);
    await sleep(DEFAULTS.settleMilliseconds);
    const resident = residentMemory(server.pid);
    if (resident !== null) memory.push(resident);
  }
  return { readyMilliseconds: median(ready), memory: memory.length === 0 ? null : median(memory) };
}
