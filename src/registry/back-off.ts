import { LRUCache } from 'lru-cache';
import type { RegistryError } from './errors.ts';

/** The rest of the time for which a circuit stays open, and the reason. */
export interface Pause {
  readonly milliseconds: number;
  /** The last failure, for people. */
  readonly state: string;
}

/** Exponential back-off by key, reset when the key succeeds. */
export interface BackOff {
  /** Returns null if the key is not paused. */
  readonly pauseOf: (key: string) => Pause | null;
  readonly extend: (key: string, failure: RegistryError) => void;
  readonly end: (key: string) => void;
}

export interface BackOffDeps {
  readonly now: () => number;
  /** In [0, 1): jitter over half to all of a pause, so that replicas do not retry in step. */
  readonly random: () => number;
}

interface BackOffLimits {
  readonly firstMs: number;
  /** Caps the registry's own Retry-After, too. */
  readonly longestMs: number;
  readonly entries: number;
  readonly bytes: number;
}

interface Entry {
  readonly consecutiveFailures: number;
  readonly until: number;
  readonly state: string;
}

/** An entry's objects and numbers, without its texts. */
const ENTRY_BYTES = 256;

export function createBackOff({ now, random }: BackOffDeps, limits: BackOffLimits): BackOff {
  const entries = new LRUCache<string, Entry>({
    max: limits.entries,
    maxSize: limits.bytes,
    sizeCalculation: ({ state }, key) => ENTRY_BYTES + 2 * (state.length + key.length),
  });
  return {
    pauseOf: (key) => {
      const entry = entries.get(key);
      const milliseconds = (entry?.until ?? 0) - now();
      return entry === undefined || milliseconds <= 0 ? null : { milliseconds, state: entry.state };
    },
    extend: (key, { state, retryAfterMs }) => {
      const known = entries.get(key);
      const consecutiveFailures = (known?.consecutiveFailures ?? 0) + 1;
      const own = limits.firstMs * 2 ** (consecutiveFailures - 1) * (0.5 + random() / 2);
      const until = now() + Math.min(retryAfterMs ?? own, limits.longestMs);
      entries.set(key, { consecutiveFailures, state, until: Math.max(known?.until ?? 0, until) });
    },
    end: (key) => void entries.delete(key),
  };
}
