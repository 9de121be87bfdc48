import { LRUCache } from 'lru-cache';

export interface SingleFlightLimits {
  readonly ttlMilliseconds: number;
  readonly maxEntries: number;
  /** Of memory, for keys and answers. */
  readonly maxBytes: number;
}

/** Answers that are asked for once by all who want them at the same time, and kept for a while. Failures are not kept. */
export interface SingleFlightCache<Answer> {
  readonly get: (key: string, ask: () => Promise<Answer>) => Promise<Answer>;
  readonly forget: (key: string) => void;
}

interface Entry<Answer> {
  readonly asking: Promise<Answer>;
}

/** @param weigh bytes of an answer: until it is there, only its key counts */
export function createSingleFlightCache<Answer>(
  { ttlMilliseconds, maxEntries, maxBytes }: SingleFlightLimits,
  weigh: (answer: Answer) => number,
): SingleFlightCache<Answer> {
  const cache = new LRUCache<string, Entry<Answer>>({
    max: maxEntries,
    maxSize: maxBytes,
    ttl: ttlMilliseconds,
  });
  return {
    get: (key, ask) => {
      const known = cache.get(key);
      if (known !== undefined) return known.asking;
      const asking = ask();
      const entry: Entry<Answer> = { asking };
      cache.set(key, entry, { size: key.length });
      const isCurrent = (): boolean => cache.peek(key) === entry;
      const keep = (answer: Answer): void => {
        const size = key.length + weigh(answer);
        // An object of its own: the cache would keep the size of the same one, whatever it is told.
        if (isCurrent()) cache.set(key, { asking }, { size, noUpdateTTL: true });
      };
      const drop = (): void => {
        if (isCurrent()) cache.delete(key);
      };
      asking.then(keep, drop);
      return asking;
    },
    forget: (key) => void cache.delete(key),
  };
}
