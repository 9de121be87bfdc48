import { createFairQueue, FAIR_QUEUE_LIMITS, type QueueSlot } from './fair-queue.ts';
import type { ReadingRoom } from './ports.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

export const MEMORY_BUDGET_LIMITS = {
  /**
   * For the documents of any one look-up, as text and parsed (estimate-json-bytes.ts): an index with its manifests and configs for four
   * architectures has some 50 KiB, and takes as much again. All look-ups at once hold 16 MiB so.
   */
  smallRoom: 256 * KIB,
  /**
   * A manifest and a config of 4 MiB, the most that the OCI distribution spec 1.1 lets registries take, where they hold few and
   * long texts: 8 MiB of memory stay for what they become.
   */
  largeRoom: 16 * MIB,
  /** Of the 256 MiB that the Deployment grants, Node keeps half for the heap, and what knows the cluster is in it, too. */
  largeAtOnce: 2,
  /** Each of them has its slot among the look-ups already, and holds its small room while it waits. */
  largeWaiting: 32,
  /** Milliseconds for which a large room is kept from others who have none. */
  largeSafe: FAIR_QUEUE_LIMITS.safeMilliseconds,
} as const;

export type MemoryBudgetLimits = { readonly [Key in keyof typeof MEMORY_BUDGET_LIMITS]?: number };

/** A room with the look-up that it is for. */
export interface OpenReservation extends ReadingRoom, Disposable {
  /** Ends with the look-up's own, and where a large room was lost to others who wait for one. */
  readonly signal: AbortSignal;
}

export interface MemoryBudget {
  /** @param tenant whose look-up it is */
  readonly open: (tenant: string, signal: AbortSignal) => OpenReservation;
  readonly bytesHeld: () => number;
}

/**
 * Small rooms for everybody, and a few large ones for those who slot out to need them: what all look-ups hold together is
 * bounded, whatever registries send and however long they take.
 */
export function createMemoryBudget(limits: MemoryBudgetLimits = {}): MemoryBudget {
  const { smallRoom, largeRoom, largeAtOnce, largeWaiting, largeSafe } = {
    ...MEMORY_BUDGET_LIMITS,
    ...limits,
  };
  const large = createFairQueue({ atOnce: largeAtOnce, waiting: largeWaiting, safeMilliseconds: largeSafe });
  let held = 0;

  function open(tenant: string, signal: AbortSignal): OpenReservation {
    const closing = new AbortController();
    const until = AbortSignal.any([signal, closing.signal]);
    let size: number = smallRoom;
    let bytes = 0;
    /** A body that is cut off hears of it later, and gives back what was given back with the room. */
    let isOpen = true;
    let slot: Promise<QueueSlot | null> | undefined;

    function add(more: number): void {
      bytes += more;
      held += more;
    }

    async function takeLarge(): Promise<QueueSlot | null> {
      const taken = await large.take(tenant, until);
      if (taken === null) return null;
      size = largeRoom;
      taken.signal.addEventListener('abort', () => closing.abort(), { once: true });
      return taken;
    }

    return {
      signal: until,
      take: (more) => {
        const isFree = isOpen && bytes + more <= size;
        if (isFree) add(more);
        return isFree;
      },
      giveBack: (less) => {
        if (isOpen) add(-less);
      },
      enlarge: async () => {
        // The children of an index are read side by side, for one look-up.
        slot ??= takeLarge();
        return (await slot) !== null;
      },
      [Symbol.dispose]: () => {
        add(-bytes);
        isOpen = false;
        closing.abort();
        void slot?.then((taken) => taken?.[Symbol.dispose]());
      },
    };
  }

  return { open, bytesHeld: () => held };
}
