import { LRUCache } from 'lru-cache';
import { parseReference } from '../image/reference.ts';
import type { ImageRequest } from './image-result.ts';

/** A lookup that a namespace has in progress. */
export interface PendingLookup {
  /** In milliseconds of the monotonic clock. */
  readonly startedAt: number;
}

/**
 * The lookups that each namespace has in progress. Lookups outlive the admission that started them, and a Pod can name thousands
 * of images on a registry that never responds. All namespaces share one memory and one queue; without a bound, one of them could
 * exhaust both.
 */
export interface PendingLookups {
  /** Reports whether this lookup may start: it is in progress already, or the namespace has capacity for it. */
  readonly hasCapacity: (namespace: string, key: string) => boolean;
  readonly find: (namespace: string, key: string) => PendingLookup | undefined;
  /** Counts the lookup until it settles. Returns the pending one under this key. */
  readonly add: (namespace: string, key: string, lookup: Promise<unknown>) => PendingLookup;
  readonly isEmpty: () => boolean;
}

export function createPendingLookups(maxPerNamespace: number): PendingLookups {
  const pending = new Map<string, Map<string, PendingLookup>>();

  function remove(namespace: string, key: string): void {
    const lookups = pending.get(namespace);
    lookups?.delete(key);
    if (lookups?.size === 0) pending.delete(namespace);
  }

  return {
    hasCapacity: (namespace, key) => {
      const lookups = pending.get(namespace);
      return lookups === undefined || lookups.has(key) || lookups.size < maxPerNamespace;
    },
    find: (namespace, key) => pending.get(namespace)?.get(key),
    add: (namespace, key, lookup) => {
      const lookups = pending.get(namespace) ?? new Map<string, PendingLookup>();
      const known = lookups.get(key);
      if (known !== undefined) return known;
      const started: PendingLookup = { startedAt: performance.now() };
      pending.set(namespace, lookups.set(key, started));
      void Promise.allSettled([lookup]).then(() => remove(namespace, key));
      return started;
    },
    isEmpty: () => pending.size === 0,
  };
}

/** How long an admission waits for an image: until its deadline, or within `WaitLimits`. */
export type WaitMode = 'full' | 'bounded';

export const WAIT_LIMITS = {
  /** The time that the manifests give both calls of one admission: 4.5 s for the mutating and 2.5 s for the validating one. */
  lookupMilliseconds: 7_000,
  /** Most registries that respond at all do so within it. */
  shortMilliseconds: 500,
  /** Lookups that time out before a namespace's Pods wait only briefly for this host. A single one may be a slow image. */
  timeoutsBeforeShort: 2,
  /** How long these count. */
  memoryMilliseconds: 60_000,
  /** Pairs of namespace and host that are kept, at some 200 bytes each. */
  maxHosts: 1_000,
  /** Bytes of memory: hosts in references are up to 800 characters long. */
  maxHostBytes: 512 * 1024,
  /** Bytes of one entry, beside its key. */
  hostBytes: 256,
} as const;

export type WaitOptions = { readonly [Key in keyof typeof WAIT_LIMITS]?: number };

interface WaitDeps {
  /** Reports whether no endpoint of the image's registry can be reached now. */
  readonly isUnreachable: (image: string) => boolean;
}

/**
 * Bounds what a hanging registry costs Pods without any sign of Wasm. All Pods that wait for one image share the time of its
 * lookup. Once lookups at a host keep timing out, each Pod waits briefly only.
 */
export interface WaitLimits {
  /** Returns milliseconds, `Infinity` for no bound. @param pending the lookup that the admission would join */
  readonly longest: (request: ImageRequest, pending: PendingLookup | undefined) => number;
  /** Counts, once, a lookup for which an admission has waited as long as it could. */
  readonly noteTimeout: (request: ImageRequest, lookup: PendingLookup) => void;
}

interface TimedOutLookup {
  readonly lookup: PendingLookup;
  readonly at: number;
}

/** Returns a key with the namespace, because one tenant's images must not shorten the wait of another. */
function hostKey({ namespace, image }: ImageRequest): string {
  return `${namespace}/${parseReference(image).registry}`;
}

export function createWaitLimits({ isUnreachable }: WaitDeps, options: WaitOptions = {}): WaitLimits {
  const settings = { ...WAIT_LIMITS, ...options };
  const { lookupMilliseconds, shortMilliseconds, timeoutsBeforeShort, memoryMilliseconds } = settings;
  /** Latest last, at most `timeoutsBeforeShort` of each key. */
  const timeouts = new LRUCache<string, readonly TimedOutLookup[]>({
    max: settings.maxHosts,
    maxSize: settings.maxHostBytes,
    sizeCalculation: (_timeouts, key) => key.length + settings.hostBytes,
  });

  function isSlow(request: ImageRequest): boolean {
    const since = performance.now() - memoryMilliseconds;
    const recent = timeouts.get(hostKey(request))?.filter(({ at }) => at >= since) ?? [];
    return recent.length >= timeoutsBeforeShort || isUnreachable(request.image);
  }

  return {
    longest: (request, pending) => {
      const bound = isSlow(request) ? shortMilliseconds : Infinity;
      if (pending === undefined) return bound;
      return Math.max(0, Math.min(bound, pending.startedAt + lookupMilliseconds - performance.now()));
    },
    noteTimeout: (request, lookup) => {
      const key = hostKey(request);
      const known = timeouts.get(key) ?? [];
      if (known.some((one) => one.lookup === lookup)) return;
      timeouts.set(key, [...known, { lookup, at: performance.now() }].slice(-timeoutsBeforeShort));
    },
  };
}
