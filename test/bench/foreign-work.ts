import type { Pinning } from './pinning.ts';
import { allowedCpus, cpuSeconds, parentOf, processIds, processorSeconds } from './process-figures.ts';

/** What has used a processor so far. */
export interface ProcessorUse {
  /** Seconds of any clock. */
  readonly at: number;
  /** Seconds of everybody's work. */
  readonly busy: number;
  /** CPU seconds of each process of the benchmark, by its id. */
  readonly own: ReadonlyMap<number, number>;
}

/**
 * Returns the share of the time in which a processor did the work of others.
 * @param ended CPU seconds of processes that have started and ended in between
 */
export function foreignShare(before: ProcessorUse, after: ProcessorUse, ended = 0): number {
  const own = [...after.own].reduce(
    (sum, [pid, seconds]) => sum + seconds - (before.own.get(pid) ?? 0),
    ended,
  );
  return Math.max(0, after.busy - before.busy - own) / (after.at - before.at);
}

/** Processes that nothing but the benchmark's own choice has put on this processor: this one and its descendants. */
function ownProcesses(processor: number): readonly number[] {
  const parents = new Map(processIds().map((pid) => [pid, parentOf(pid)]));
  const isOwn = (pid: number): boolean => {
    if (pid === process.pid) return true;
    const parent = parents.get(pid) ?? null;
    return parent !== null && isOwn(parent);
  };
  return [...parents.keys()].filter((pid) => {
    const [only, ...others] = allowedCpus(pid);
    return only === processor && others.length === 0 && isOwn(pid);
  });
}

function readUse(processor: number): ProcessorUse | null {
  const own = new Map(ownProcesses(processor).map((pid) => [pid, cpuSeconds(pid) ?? 0]));
  const busy = processorSeconds(processor);
  return busy === null ? null : { at: performance.now() / 1000, busy, own };
}

/**
 * Starts to measure the share of the time in which the servers' or the load's processor does other work than the benchmark's:
 * null without /proc, or if nothing is pinned. The result takes the CPU seconds of processes that have ended meanwhile.
 */
export function meterForeignWork(
  { processors }: Pinning,
  place: 'servers' | 'load',
): (ended?: number) => number | null {
  if (processors === null) return () => null;
  const before = readUse(processors[place]);
  return (ended) => {
    const after = readUse(processors[place]);
    return before === null || after === null ? null : foreignShare(before, after, ended);
  };
}
