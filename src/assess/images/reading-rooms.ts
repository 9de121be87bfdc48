import type { ReadingRoom } from '../ports.ts';
import { createTurns, TURN_DEFAULTS, type Turn } from './turns.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

export const READING_DEFAULTS = {
  /**
   * For the documents of any one look-up, as text and parsed (json-weight.ts): an index with its manifests and configs for four
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
  /** Each of them has its turn among the look-ups already, and holds its small room while it waits. */
  largeWaiting: 32,
  /** Milliseconds for which a large room is kept from others who have none. */
  largeSafe: TURN_DEFAULTS.safeMilliseconds,
} as const;

export type ReadingLimits = { readonly [Key in keyof typeof READING_DEFAULTS]?: number };

/** A room with the look-up that it is for. */
export interface OpenRoom extends ReadingRoom, Disposable {
  /** Ends with the look-up's own, and where a large room was lost to others who wait for one. */
  readonly signal: AbortSignal;
}

export interface ReadingRooms {
  /** @param tenant whose look-up it is */
  readonly open: (tenant: string, signal: AbortSignal) => OpenRoom;
  readonly bytesHeld: () => number;
}

/**
 * Small rooms for everybody, and a few large ones for those who turn out to need them: what all look-ups hold together is
 * bounded, whatever registries send and however long they take.
 */
export function createReadingRooms(limits: ReadingLimits = {}): ReadingRooms {
  const { smallRoom, largeRoom, largeAtOnce, largeWaiting, largeSafe } = { ...READING_DEFAULTS, ...limits };
  const large = createTurns({ atOnce: largeAtOnce, waiting: largeWaiting, safeMilliseconds: largeSafe });
  let held = 0;

  function open(tenant: string, signal: AbortSignal): OpenRoom {
    const closing = new AbortController();
    const until = AbortSignal.any([signal, closing.signal]);
    let size: number = smallRoom;
    let bytes = 0;
    /** A body that is cut off hears of it later, and gives back what was given back with the room. */
    let isOpen = true;
    let turn: Promise<Turn | null> | undefined;

    function add(more: number): void {
      bytes += more;
      held += more;
    }

    async function takeLarge(): Promise<Turn | null> {
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
        turn ??= takeLarge();
        return (await turn) !== null;
      },
      [Symbol.dispose]: () => {
        add(-bytes);
        isOpen = false;
        closing.abort();
        void turn?.then((taken) => taken?.[Symbol.dispose]());
      },
    };
  }

  return { open, bytesHeld: () => held };
}
