/** What is done in turns: so much at once, the rest waits, and nobody takes everything. */
export interface Turns {
  /**
   * Waits for a turn. Null where there is none: the signal fired first, or too many wait already.
   * @param tenant whose work it is: whoever has less under way goes first
   */
  readonly take: (tenant: string, signal: AbortSignal) => Promise<Turn | null>;
  /** How many have their turn, and how many wait for it. */
  readonly count: () => { readonly running: number; readonly waiting: number };
}

/** To be disposed of when the work is done, however it ends. */
export interface Turn extends Disposable {
  /** Fires with the signal that it was taken with, and where the turn was lost to others. */
  readonly signal: AbortSignal;
}

export interface TurnLimits {
  readonly atOnce: number;
  readonly waiting: number;
  /** How long, in milliseconds, a turn is safe from those who have less. */
  readonly safeMilliseconds?: number;
}

export const TURN_DEFAULTS = {
  /**
   * A registry that answers at all has mostly done so by then, and an admission that waits has its 10 s by default: there is
   * time left for what it wants itself.
   */
  safeMilliseconds: 2_000,
} as const;

interface Running {
  readonly tenant: string;
  readonly since: number;
  readonly lose: () => void;
}

interface Waiting {
  readonly tenant: string;
  readonly signal: AbortSignal;
  /** Ends the wait, with a turn or without. */
  readonly settle: (turn: Turn | null) => void;
}

function countByTenant(list: Iterable<{ readonly tenant: string }>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { tenant } of list) counts.set(tenant, (counts.get(tenant) ?? 0) + 1);
  return counts;
}

/** The tenant with the most, and how many those are; the one that came first where several have as many. */
function largest(counts: ReadonlyMap<string, number>): readonly [tenant: string, count: number] {
  return [...counts].reduce((most, one) => (one[1] > most[1] ? one : most), ['', 0]);
}

/** Of those who wait, the first one of a tenant that has least under way. */
function nextOf(waiting: Iterable<Waiting>, running: Iterable<Running>): Waiting | null {
  const counts = countByTenant(running);
  const held = ({ tenant }: Waiting): number => counts.get(tenant) ?? 0;
  let next: Waiting | null = null;
  for (const one of waiting) if (next === null || held(one) < held(next)) next = one;
  return next;
}

/** Who must go for the next one: the oldest turn of the tenant that has most, where that is more than its share. */
function victimFor(next: Waiting, running: Iterable<Running>): Running | null {
  const counts = countByTenant(running);
  const [tenant, count] = largest(counts);
  if (count <= (counts.get(next.tenant) ?? 0) + 1) return null;
  return [...running].find((one) => one.tenant === tenant) ?? null;
}

/**
 * Fair between tenants, whatever one of them does: a free turn goes to the one who has least under way, a full line loses the
 * last of whoever has most in it, and a turn that takes long is lost to those who have less.
 */
export function createTurns(limits: TurnLimits): Turns {
  const { atOnce, waiting: mostWaiting, safeMilliseconds } = { ...TURN_DEFAULTS, ...limits };
  // Sets keep the order in which their members came.
  const running = new Set<Running>();
  const waiting = new Set<Waiting>();
  let timer: NodeJS.Timeout | undefined;

  function start({ tenant, signal }: Pick<Waiting, 'tenant' | 'signal'>): Turn {
    const lost = new AbortController();
    const end = (): void => {
      if (running.delete(own)) proceed();
    };
    const lose = (): void => {
      running.delete(own);
      lost.abort();
    };
    const own: Running = { tenant, since: performance.now(), lose };
    running.add(own);
    return { signal: AbortSignal.any([signal, lost.signal]), [Symbol.dispose]: end };
  }

  /** Fills what is free, and sees to it that who still waits need not do so for ever. */
  function proceed(): void {
    clearTimeout(timer);
    let next = nextOf(waiting, running);
    for (; next !== null && running.size < atOnce; next = nextOf(waiting, running)) next.settle(start(next));
    const victim = next === null ? null : victimFor(next, running);
    if (victim === null) return;
    timer = setTimeout(
      () => {
        // By now it may be another one's turn to go.
        victimOf(safeMilliseconds)?.lose();
        proceed();
      },
      Math.max(1, safeMilliseconds - (performance.now() - victim.since)),
    ).unref();
  }

  function victimOf(milliseconds: number): Running | null {
    const next = nextOf(waiting, running);
    const victim = next === null ? null : victimFor(next, running);
    return victim !== null && performance.now() - victim.since >= milliseconds ? victim : null;
  }

  /** In a full line another tenant that has more in it makes room. */
  function hasPlaceFor(tenant: string): boolean {
    if (waiting.size < mostWaiting) return true;
    const counts = countByTenant(waiting);
    const [longest, count] = largest(counts);
    if (count <= (counts.get(tenant) ?? 0) + 1) return false;
    [...waiting].findLast((one) => one.tenant === longest)?.settle(null);
    return true;
  }

  function queue(tenant: string, signal: AbortSignal): Promise<Turn | null> {
    const { promise, resolve } = Promise.withResolvers<Turn | null>();
    const giveUp = (): void => own.settle(null);
    const settle = (turn: Turn | null): void => {
      waiting.delete(own);
      signal.removeEventListener('abort', giveUp);
      resolve(turn);
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
      return hasPlaceFor(tenant) ? queue(tenant, signal) : null;
    },
    count: () => ({ running: running.size, waiting: waiting.size }),
  };
}
