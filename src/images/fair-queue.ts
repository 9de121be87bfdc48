/** A queue with a limited number of slots, which tenants share fairly. */
export interface FairQueue {
  /**
   * Waits for a slot. Resolves with null if the signal fires first or too many wait already.
   * @param tenant whose work it is: the tenant that holds fewest slots goes first
   */
  readonly take: (tenant: string, signal: AbortSignal) => Promise<QueueSlot | null>;
  /** Returns how many slots are held, and how many callers wait for one. */
  readonly count: () => { readonly running: number; readonly waiting: number };
}

/** A slot, to be disposed of when the work is done, however it ends. */
export interface QueueSlot extends Disposable {
  /** Fires with the signal that the slot was taken with, or when the slot is preempted. */
  readonly signal: AbortSignal;
}

export interface FairQueueLimits {
  readonly atOnce: number;
  readonly waiting: number;
  /** Milliseconds before a slot can be preempted by a tenant that would still hold fewer. */
  readonly safeMilliseconds?: number;
  /** Milliseconds before a slot can be preempted by a tenant that would then hold as many. */
  readonly longestMilliseconds?: number;
}

export const FAIR_QUEUE_LIMITS = {
  /**
   * Most registries that respond at all have done so by then. A waiting admission has 10 s by default, which leaves time for
   * its own lookup.
   */
  safeMilliseconds: 2_000,
  /**
   * Two namespaces may hold both large reservations (lookup-memory.ts). A lookup's 30 s hold three such periods, and by default
   * no admission waits longer than one.
   */
  longestMilliseconds: 10_000,
} as const;

interface Running {
  readonly tenant: string;
  readonly since: number;
  readonly lose: () => void;
}

interface Waiting {
  readonly tenant: string;
  readonly signal: AbortSignal;
  /** Ends the wait, with a slot or without. */
  readonly settle: (slot: QueueSlot | null) => void;
}

function countByTenant(list: Iterable<{ readonly tenant: string }>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { tenant } of list) counts.set(tenant, (counts.get(tenant) ?? 0) + 1);
  return counts;
}

/** Returns the tenant with the most, and its count; if several have as many, the first. */
function largest(counts: ReadonlyMap<string, number>): readonly [tenant: string, count: number] {
  return [...counts].reduce((most, one) => (one[1] > most[1] ? one : most), ['', 0]);
}

/** Returns the first waiting caller of the tenant that holds fewest slots. */
function nextOf(waiting: Iterable<Waiting>, running: Iterable<Running>): Waiting | null {
  const counts = countByTenant(running);
  const held = ({ tenant }: Waiting): number => counts.get(tenant) ?? 0;
  let next: Waiting | null = null;
  for (const one of waiting) if (next === null || held(one) < held(next)) next = one;
  return next;
}

interface Victim {
  readonly slot: Running;
  /** How many more slots its tenant holds than the waiting one. */
  readonly more: number;
}

/** Returns the slot to preempt: the oldest of the tenant that holds most, if it holds more than the next one. */
function victimFor(next: Waiting, running: Iterable<Running>): Victim | null {
  const counts = countByTenant(running);
  const [tenant, count] = largest(counts);
  const more = count - (counts.get(next.tenant) ?? 0);
  const slot = more > 0 ? [...running].find((one) => one.tenant === tenant) : undefined;
  return slot === undefined ? null : { slot, more };
}

/**
 * Creates a queue that is fair between tenants, whatever one of them does. A free slot goes to the tenant that holds fewest, or
 * of several such tenants, to the one served longest ago. A full queue drops the last caller of the tenant with most waiting
 * callers. A tenant that holds fewer slots preempts one that is held for long.
 */
export function createFairQueue(limits: FairQueueLimits): FairQueue {
  const { atOnce, waiting: mostWaiting, ...times } = { ...FAIR_QUEUE_LIMITS, ...limits };
  // Sets keep the order in which their members came.
  const running = new Set<Running>();
  const waiting = new Set<Waiting>();
  let timer: NodeJS.Timeout | undefined;

  function start({ tenant, signal }: Pick<Waiting, 'tenant' | 'signal'>): QueueSlot {
    const lost = new AbortController();
    const end = (): void => {
      if (!running.delete(own)) return;
      sendBack(tenant);
      proceed();
    };
    const lose = (): void => {
      running.delete(own);
      sendBack(tenant);
      lost.abort();
    };
    const own: Running = { tenant, since: performance.now(), lose };
    running.add(own);
    return { signal: AbortSignal.any([signal, lost.signal]), [Symbol.dispose]: end };
  }

  /** Moves a tenant that had a slot behind those that have had none while waiting. */
  function sendBack(tenant: string): void {
    const own = [...waiting].filter((one) => one.tenant === tenant);
    for (const one of own) {
      waiting.delete(one);
      waiting.add(one);
    }
  }

  /** Fills free slots, and schedules a preemption if callers still wait. */
  function proceed(): void {
    clearTimeout(timer);
    let next = nextOf(waiting, running);
    for (; next !== null && running.size < atOnce; next = nextOf(waiting, running)) next.settle(start(next));
    const victim = next === null ? null : victimFor(next, running);
    if (victim === null) return;
    timer = setTimeout(preempt, Math.max(1, timeLeft(victim))).unref();
  }

  function timeLeft({ slot, more }: Victim): number {
    const time = more > 1 ? times.safeMilliseconds : times.longestMilliseconds;
    return time - (performance.now() - slot.since);
  }

  function preempt(): void {
    // By now another slot may be the one to preempt.
    const next = nextOf(waiting, running);
    const victim = next === null ? null : victimFor(next, running);
    if (victim !== null && timeLeft(victim) <= 0) victim.slot.lose();
    proceed();
  }

  /** Makes room in a full queue: the tenant with most waiting callers loses its last one, unless this tenant has as many. */
  function hasRoomFor(tenant: string): boolean {
    if (waiting.size < mostWaiting) return true;
    const counts = countByTenant(waiting);
    const [longest, count] = largest(counts);
    if (count <= (counts.get(tenant) ?? 0) + 1) return false;
    [...waiting].findLast((one) => one.tenant === longest)?.settle(null);
    return true;
  }

  function queue(tenant: string, signal: AbortSignal): Promise<QueueSlot | null> {
    const { promise, resolve } = Promise.withResolvers<QueueSlot | null>();
    const giveUp = (): void => own.settle(null);
    const settle = (slot: QueueSlot | null): void => {
      waiting.delete(own);
      signal.removeEventListener('abort', giveUp);
      resolve(slot);
    };
    const own: Waiting = { tenant, signal, settle };
    waiting.add(own);
    signal.addEventListener('abort', giveUp, { once: true });
    proceed();
    return promise;
  }

  return {
    take: async (tenant, signal) => {
      if (signal.aborted) return null;
      if (running.size < atOnce && waiting.size === 0) return start({ tenant, signal });
      return hasRoomFor(tenant) ? queue(tenant, signal) : null;
    },
    count: () => ({ running: running.size, waiting: waiting.size }),
  };
}
