import { spawnSync } from 'node:child_process';
import { allowedCpus } from './process-figures.ts';

/** Pins the servers to one processor and the load to another. */
export interface Pinning {
  /** The prefix of a server's command. */
  readonly prefix: readonly string[];
  /** For people. */
  readonly description: string;
}

/** Pins this process, too. If that is impossible, the figures say so and are less reliable. */
export function pin(): Pinning {
  const [server, load] = allowedCpus();
  const isPinned =
    server !== undefined &&
    load !== undefined &&
    spawnSync('taskset', ['-acp', String(load), String(process.pid)]).status === 0;
  if (!isPinned) return { prefix: [], description: 'not pinned: no taskset, or a single processor' };
  return {
    prefix: ['taskset', '-c', String(server)],
    description: `servers on processor ${server}, load on ${load}`,
  };
}
