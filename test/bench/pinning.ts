import { spawnSync } from 'node:child_process';
import { allowedCpus } from './process-figures.ts';

/** Pins the servers to one processor and the load to another. */
export interface Pinning {
  /** The prefix of a server's command. */
  readonly prefix: readonly string[];
  /** Null if nothing is pinned. */
  readonly processors: { readonly servers: number; readonly load: number } | null;
  /** For people. */
  readonly description: string;
}

/** Pins this process, too. If that is impossible, the figures say so and are less reliable. */
export function pin(): Pinning {
  const [servers, load] = allowedCpus(process.pid);
  const isPinned =
    servers !== undefined &&
    load !== undefined &&
    spawnSync('taskset', ['-acp', String(load), String(process.pid)]).status === 0;
  if (!isPinned)
    return { prefix: [], processors: null, description: 'not pinned: no taskset, or a single processor' };
  return {
    prefix: ['taskset', '-c', String(servers)],
    processors: { servers, load },
    description: `servers on processor ${servers}, load on ${load}`,
  };
}
