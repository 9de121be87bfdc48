import { LRUCache } from 'lru-cache';

/** Returns a function that runs equal work once at a time: calls with the same key share its promise until it settles. */
export function createSingleFlight<Result>(): (key: string, work: () => Promise<Result>) => Promise<Result> {
  const running = new Map<string, Promise<Result>>();
  return (key, work) => {
    const flight = running.get(key) ?? work().finally(() => running.delete(key));
    running.set(key, flight);
    return flight;
  };
}

export interface SingleFlightLimits {
  readonly ttlMilliseconds: number;
  readonly maxEntries: number;
  /** Memory of keys and values. */
  readonly maxBytes: number;
}

/** A cache of values that concurrent callers compute once. It does not keep failures. */
export interface SingleFlightCache<Value> {
  readonly get: (key: string, compute: () => Promise<Value>) => Promise<Value>;
  readonly forget: (key: string) => void;
}

/** Wraps a value, because lru-cache takes no null. */
interface Entry<Value> {
  readonly value: Value;
}

/** @param estimate returns the bytes of a value */
export function createSingleFlightCache<Value>(
  { ttlMilliseconds, maxEntries, maxBytes }: SingleFlightLimits,
  estimate: (value: Value) => number,
): SingleFlightCache<Value> {
  const cache = new LRUCache<string, Entry<Value>, () => Promise<Value>>({
    max: maxEntries,
    maxSize: maxBytes,
    ttl: ttlMilliseconds,
    sizeCalculation: ({ value }, key) => key.length + estimate(value),
    fetchMethod: async (_key, _stale, { context: compute }) => ({ value: await compute() }),
    // Callers get their value even if its key is forgotten or evicted meanwhile; the cache does not keep it then.
    ignoreFetchAbort: true,
  });
  return {
    get: async (key, compute) => (await cache.forceFetch(key, { context: compute })).value,
    forget: (key) => void cache.delete(key),
  };
}
