import type { Logger } from '../lib/logger.ts';
import { throttledWarn } from '../lib/throttled-warn.ts';
import { boundLogText } from './log-text.ts';

export interface MemoryBudgetOptions {
  /** Bytes for all holders together. */
  readonly most: number;
  /** Up to this size a lease is small. */
  readonly smallBytes: number;
}

/** One holder's part of a budget. */
export interface Lease {
  /** Grows or shrinks to this many bytes. Returns false, and changes nothing, if they do not fit. */
  readonly resize: (bytes: number) => boolean;
  /** Returns all bytes; calling it again does nothing. */
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
   * An owner may hold three times what would still be free: three quarters if it is alone, a thirty-first part if nine others
   * want as much. Owners are hardly limited while much is free, and a new one always finds room.
   */
  timesFree: 3,
} as const;

/**
 * Bounds the bytes that many holders have at a time. It keeps a reserve for small holders, and each owner's share shrinks as
 * memory runs out (the dynamic threshold by which network switches share their buffers).
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

interface Waiter {
  /** The namespace: one tenant's registries must not use up the memory of all. */
  readonly owner: string;
  readonly bytes: number;
  /** Ends the wait. */
  readonly cut: () => void;
}

/**
 * Counts the parsed Pod that an admission holds while it waits. Without room for it, wasmgate decides at once, as after a
 * timeout; the lookups continue for the next Pod of the image.
 */
export function createWaiting(budget: MemoryBudget, logger: Pick<Logger, 'warn'>) {
  const warnOfShortage = throttledWarn(logger, 'too many Pods wait for registries; deciding without waiting');
  return async <Value>(pending: Promise<Value>, { owner, bytes, cut }: Waiter): Promise<Value> => {
    const lease = budget.lease(owner);
    if (!lease.resize(bytes)) {
      const namespace = boundLogText(owner);
      warnOfShortage({ namespace, bytes }, { namespace });
      cut();
    }
    try {
      return await pending;
    } finally {
      lease.release();
    }
  };
}
