export interface MemoryBudgetOptions {
  /** Bytes for all holders together. */
  readonly most: number;
  /** Up to this size a lease is small. */
  readonly smallBytes: number;
}

/** What one holder has of a budget. */
export interface Lease {
  /** Takes what is missing, or gives back what is too much. Returns false, and changes nothing, if there is no room. */
  readonly resize: (bytes: number) => boolean;
  /** Gives everything back; calling it again does nothing. */
  readonly release: () => void;
}

export interface MemoryBudget {
  /** @param owner whose share it counts against, such as a remote address */
  readonly lease: (owner: string) => Lease;
  /** Bytes that are held. */
  readonly held: () => number;
}

const SHARES = {
  /** Large leases may fill this part of the budget, so that they never keep small ones out. */
  partOfLarge: 1 / 2,
  /**
   * An owner may hold so many times what would still be free: alone three quarters, beside nine others as greedy a
   * thirty-first part of it each. There is no limit to speak of while much is free, and always room for a newcomer.
   */
  timesFree: 3,
} as const;

/**
 * A bound on bytes that many hold at a time: nothing for those who only announce bytes, a reserve for small holders, and a
 * share for each owner that shrinks as room gets scarce (the dynamic threshold by which switches share their buffers).
 */
export function createMemoryBudget({ most, smallBytes }: MemoryBudgetOptions): MemoryBudget {
  const mostOfLarge = most * SHARES.partOfLarge;
  const byOwner = new Map<string, number>();
  let total = 0;
  let large = 0;

  const countLarge = (bytes: number): number => (bytes > smallBytes ? bytes : 0);

  function hasRoom(owner: string, from: number, to: number): boolean {
    const more = to - from;
    const free = most - total - more;
    if ((byOwner.get(owner) ?? 0) + more > SHARES.timesFree * free) return false;
    return countLarge(to) === 0 || large - countLarge(from) + to <= mostOfLarge;
  }

  function move(owner: string, from: number, to: number): void {
    total += to - from;
    large += countLarge(to) - countLarge(from);
    const held = (byOwner.get(owner) ?? 0) + to - from;
    if (held === 0) byOwner.delete(owner);
    else byOwner.set(owner, held);
  }

  function lease(owner: string): Lease {
    let held = 0;
    const resize = (bytes: number): boolean => {
      if (bytes > held && !hasRoom(owner, held, bytes)) return false;
      move(owner, held, bytes);
      held = bytes;
      return true;
    };
    return { resize, release: () => void resize(0) };
  }

  return { lease, held: () => total };
}
