import { spawnSync } from 'node:child_process';
import { allowedCpus } from './process-figures.ts';

/** Servers on one processor, the load on another. */
export interface Pinning {
  /** What to put before the command of a server. */
  readonly prefix: readonly string[];
  /** For people. */
  readonly description: string;
}

/** Moves this process, too. Where that cannot be, the figures say so and are worth less. */
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
