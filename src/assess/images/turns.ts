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
  /** How long, in milliseconds, a turn is safe from those who would still have less with it. */
  readonly safeMilliseconds?: number;
  /** Likewise from those who would then have as much as its tenant has now. */
  readonly longestMilliseconds?: number;
}

export const TURN_DEFAULTS = {
  /**
   * A registry that answers at all has mostly done so by then, and an admission that waits has its 10 s by default: there is
   * time left for what it wants itself.
   */
  safeMilliseconds: 2_000,
  /**
   * Two large rooms are held by two namespaces, and whoever may have one has several. Within a look-up's 30 s there are three of
   * these, and nobody's admission waits longer than one by default.
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

interface Victim {
  readonly turn: Running;
  /** How many more its tenant has than the one that it would go to. */
  readonly more: number;
}

/** Who must go for the next one: the oldest turn of the tenant that has most, where that is more. */
function victimFor(next: Waiting, running: Iterable<Running>): Victim | null {
  const counts = countByTenant(running);
  const [tenant, count] = largest(counts);
  const more = count - (counts.get(next.tenant) ?? 0);
  const turn = more > 0 ? [...running].find((one) => one.tenant === tenant) : undefined;
  return turn === undefined ? null : { turn, more };
}

/**
 * Fair between tenants, whatever one of them does: a free turn goes to the one who has least under way, and of several to the
 * one whose last is longest ago; a full line loses the last of whoever has most in it, and a turn that takes long is lost to
 * those who have less.
 */
export function createTurns(limits: TurnLimits): Turns {
  const { atOnce, waiting: mostWaiting, ...times } = { ...TURN_DEFAULTS, ...limits };
  // Sets keep the order in which their members came.
  const running = new Set<Running>();
  const waiting = new Set<Waiting>();
  let timer: NodeJS.Timeout | undefined;

  function start({ tenant, signal }: Pick<Waiting, 'tenant' | 'signal'>): Turn {
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

  /** Who had a turn stands behind those who had none since they came. */
  function sendBack(tenant: string): void {
    const own = [...waiting].filter((one) => one.tenant === tenant);
    for (const one of own) {
      waiting.delete(one);
      waiting.add(one);
    }
  }

  /** Fills what is free, and sees to it that who still waits need not do so for ever. */
  function proceed(): void {
    clearTimeout(timer);
    let next = nextOf(waiting, running);
    for (; next !== null && running.size < atOnce; next = nextOf(waiting, running)) next.settle(start(next));
    const victim = next === null ? null : victimFor(next, running);
    if (victim === null) return;
    timer = setTimeout(makeRoom, Math.max(1, timeLeft(victim))).unref();
  }

  function timeLeft({ turn, more }: Victim): number {
    const time = more > 1 ? times.safeMilliseconds : times.longestMilliseconds;
    return time - (performance.now() - turn.since);
  }

  function makeRoom(): void {
    // By now it may be another one's turn to go.
    const next = nextOf(waiting, running);
    const victim = next === null ? null : victimFor(next, running);
    if (victim !== null && timeLeft(victim) <= 0) victim.turn.lose();
    proceed();
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
