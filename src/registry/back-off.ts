import { LRUCache } from 'lru-cache';
import type { RegistryError } from './errors.ts';

/** Why and how long something is not asked. */
export interface Pause {
  readonly milliseconds: number;
  /** What failed last, for people. */
  readonly state: string;
}

/** Pauses by key, each longer than the one before until the key succeeds. */
export interface BackOff {
  /** Null if the key may be asked. */
  readonly pauseOf: (key: string) => Pause | null;
  readonly extend: (key: string, failure: RegistryError) => void;
  readonly end: (key: string) => void;
}

export interface BackOffDeps {
  readonly now: () => number;
  /** In [0, 1): pauses are spread over half to all of their length, so that replicas do not come back in step. */
  readonly random: () => number;
}

interface BackOffLimits {
  readonly firstMs: number;
  /** Also for what the registry itself asks for. */
  readonly longestMs: number;
  readonly entries: number;
  readonly bytes: number;
}

interface Trouble {
  /** In a row. */
  readonly failures: number;
  readonly until: number;
  readonly state: string;
}

/** Of an entry's objects and numbers, beside its texts. */
const ENTRY_BYTES = 256;

export function createBackOff({ now, random }: BackOffDeps, limits: BackOffLimits): BackOff {
  const troubles = new LRUCache<string, Trouble>({
    max: limits.entries,
    maxSize: limits.bytes,
    sizeCalculation: ({ state }, key) => ENTRY_BYTES + 2 * (state.length + key.length),
  });
  return {
    pauseOf: (key) => {
      const trouble = troubles.get(key);
      const milliseconds = (trouble?.until ?? 0) - now();
      return trouble === undefined || milliseconds <= 0 ? null : { milliseconds, state: trouble.state };
    },
    extend: (key, { state, retryAfterMs }) => {
      const known = troubles.get(key);
      const failures = (known?.failures ?? 0) + 1;
      const own = limits.firstMs * 2 ** (failures - 1) * (0.5 + random() / 2);
      const until = now() + Math.min(retryAfterMs ?? own, limits.longestMs);
      troubles.set(key, { failures, state, until: Math.max(known?.until ?? 0, until) });
    },
    end: (key) => void troubles.delete(key),
  };
}
