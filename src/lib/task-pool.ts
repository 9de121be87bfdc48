import { rejectOnAbort } from './race-abort.ts';

/** Runs tasks concurrently, up to a limit. */
export interface TaskPool {
  /** Resolves once the task has a slot, so that a caller reads no further than the pool can work. */
  readonly start: (task: () => Promise<void>) => Promise<void>;
  /** Waits for all tasks. */
  readonly finish: () => Promise<void>;
}

/**
 * Creates a pool. `start` and `finish` throw what the first failed task threw. p-limit and its like have no `start` that waits,
 * and would hold every object of a cluster in their queue.
 * @param signal ends the waiting, not the tasks
 */
export function createTaskPool(limit: number, signal?: AbortSignal): TaskPool {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const settle = async (work: Promise<unknown>): Promise<void> => {
    await (signal === undefined ? work : rejectOnAbort(work, signal));
    if (failures.length > 0) throw failures[0];
  };
  return {
    start: async (task) => {
      while (running.size >= limit) await settle(Promise.race(running));
      const work: Promise<void> = task()
        .catch((error: unknown) => void failures.push(error))
        .finally(() => running.delete(work));
      running.add(work);
    },
    finish: () => settle(Promise.all(running)),
  };
}
