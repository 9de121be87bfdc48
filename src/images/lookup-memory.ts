import { createFairQueue, FAIR_QUEUE_LIMITS, type QueueSlot } from './fair-queue.ts';
import type { MemoryReservation } from './ports.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

export const LOOKUP_MEMORY_LIMITS = {
  /**
   * For the documents of any one lookup, as text and parsed (estimate-bytes.ts): an index with its manifests and configs
   * for four architectures has some 50 KiB, and takes as much again. All 64 concurrent lookups hold 16 MiB that way.
   */
  smallBytes: 256 * KIB,
  /**
   * A manifest and a config of 4 MiB each, the most that the OCI distribution spec 1.1 asks registries to accept, if they hold
   * few and long texts: 8 MiB are left for the parsed documents.
   */
  largeBytes: 16 * MIB,
  /** The Deployment grants 256 MiB. Node keeps half of that for the heap, which also holds the view of the cluster. */
  largeAtOnce: 2,
  /** Each waiting lookup has its queue slot already, and keeps its small reservation while it waits. */
  largeWaiting: 32,
  /** Milliseconds before a large reservation can be preempted by a tenant that has none. */
  largeSafe: FAIR_QUEUE_LIMITS.safeMilliseconds,
} as const;

export type LookupMemoryLimits = { readonly [Key in keyof typeof LOOKUP_MEMORY_LIMITS]?: number };

/** A reservation, to be disposed of when the lookup ends. */
export interface LookupReservation extends MemoryReservation, Disposable {
  /** Fires with the lookup's own signal, or when a large reservation is preempted. */
  readonly signal: AbortSignal;
}

/** The memory that all lookups share. */
export interface LookupMemory {
  /** @param tenant the namespace that the lookup is for */
  readonly open: (tenant: string, signal: AbortSignal) => LookupReservation;
  readonly bytesHeld: () => number;
}

/**
 * Creates the memory that lookups share: each starts with a small reservation, and a few that need it may enlarge theirs. This
 * bounds what all lookups hold together, whatever registries send and however long they take.
 */
export function createLookupMemory(limits: LookupMemoryLimits = {}): LookupMemory {
  const { smallBytes, largeBytes, largeAtOnce, largeWaiting, largeSafe } = {
    ...LOOKUP_MEMORY_LIMITS,
    ...limits,
  };
  const large = createFairQueue({ atOnce: largeAtOnce, waiting: largeWaiting, safeMilliseconds: largeSafe });
  let held = 0;

  function open(tenant: string, signal: AbortSignal): LookupReservation {
    const closing = new AbortController();
    const until = AbortSignal.any([signal, closing.signal]);
    let size: number = smallBytes;
    let bytes = 0;
    /** An aborted body notices later, and then releases bytes that closing has already released. */
    let isOpen = true;
    let slot: Promise<QueueSlot | null> | undefined;

    function add(more: number): void {
      bytes += more;
      held += more;
    }

    async function takeLarge(): Promise<QueueSlot | null> {
      const taken = await large.take(tenant, until);
      if (taken === null) return null;
      size = largeBytes;
      taken.signal.addEventListener('abort', () => closing.abort(), { once: true });
      return taken;
    }

    return {
      signal: until,
      reserve: (more) => {
        const fits = isOpen && bytes + more <= size;
        if (fits) add(more);
        return fits;
      },
      release: (less) => {
        if (isOpen) add(-less);
      },
      enlarge: async () => {
        // The children of an index are read concurrently, for one lookup.
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
