import { LRUCache } from 'lru-cache';
import { isTransient, withoutImage, type UnknownReason } from '../detect/verdict.ts';
import { isChosenByArchitecture, type ImageFacts } from '../image/image-facts.ts';
import { estimateBytes } from '../lib/estimate-bytes.ts';
import type { Logger } from '../lib/logger.ts';
import { throttledWarn } from '../lib/throttled-warn.ts';
import { mergeContents } from './add-contents.ts';
import { cacheKey, requestOf, type KeyedRequest } from './cache-key.ts';
import {
  asFailure,
  failedHost,
  isOutage,
  type ImageRequest,
  type ImageResult,
  type KnownImage,
} from './image-result.ts';
import type { CATALOG_LIMITS } from './settings.ts';

type CacheSettings = { readonly [Key in keyof typeof CATALOG_LIMITS]: number };

/** A cached result, and which requests it serves. */
interface CacheEntry {
  readonly result: ImageResult;
  /** The namespace whose lookup this was: the tenant that the entry counts for, not the only one that it serves. */
  readonly namespace: string;
  /** When the registry last confirmed it, in epoch milliseconds. */
  readonly confirmedAt: number;
  /** Architectures of the nodes that it was read for; null if it is the same for nodes of any. */
  readonly architectures: readonly string[] | null;
}

/** Facts that a cache hands to the one that replaces it, least recently used first. */
export type CachedFacts = readonly {
  readonly key: string;
  readonly entry: CacheEntry;
  /** Estimated memory: estimating it again would take a walk through all facts. */
  readonly size: number;
}[];

/** Facts with everything that a cache needs to serve them, so that they can outlive the process. */
export interface KeptImage {
  /** Its namespace is that of the last lookup, if the facts serve all namespaces. */
  readonly request: KeyedRequest;
  readonly facts: ImageFacts;
  readonly confirmedAt: number;
  readonly architectures: readonly string[] | null;
}

export interface CacheSize {
  readonly entries: number;
  readonly bytes: number;
}

/** Results by image and audience. Expired ones are refreshed; equal requests share one lookup. */
export interface ImageCache {
  /** Returns undefined if a lookup is needed. */
  readonly get: (request: ImageRequest) => ImageResult | undefined;
  /** Returns the last known facts, even if expired. @param reason why the registry cannot confirm them now */
  readonly getStale: (request: ImageRequest, reason: UnknownReason) => KnownImage | null;
  /** Looks the image up unless it is cached. Rejects for bugs only. */
  readonly refresh: (request: ImageRequest) => Promise<ImageResult>;
  /** Replaces the facts of an image with more detailed ones. */
  readonly update: (request: ImageRequest, facts: ImageFacts) => void;
  /** Returns how much is cached, in estimated memory. */
  readonly size: () => CacheSize;
  /** Returns all facts, even if expired, without what failed, for the cache that replaces this one. */
  readonly facts: () => CachedFacts;
  /** Reports whether facts are cached, however old. */
  readonly isKnown: (request: ImageRequest) => boolean;
  /** Returns all facts, even if expired, most recently used first, for the cache of another process. */
  readonly images: () => readonly KeptImage[];
  /**
   * Caches facts from another process at their age, or adds to the cached ones what they lack; newer ones stay. Returns the facts
   * that are cached now; null if a failure is, which is newer.
   */
  readonly restore: (image: KeptImage) => ImageFacts | null;
}

interface CacheDeps {
  /** Reads from the registry. @param known the facts that the tag had before. @throws RegistryFailure */
  readonly read: (request: ImageRequest, known: ImageFacts | null) => Promise<ImageFacts>;
  /** Called when a lookup has ended, successfully or not. */
  readonly onLookup?: ((result: ImageResult, milliseconds: number) => void) | undefined;
  readonly logger: Logger;
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one === other || (one.length === other.length && one.every((item, index) => item === other[index]));
}

function isReadFor({ architectures }: CacheEntry, request: ImageRequest): boolean {
  return architectures === null || isSameList(architectures, request.architectures);
}

type View = Pick<CacheEntry, 'architectures'>;

/** Reports whether both were read for the same nodes. */
function isSameView({ architectures: one }: View, { architectures: other }: View): boolean {
  return one === null || other === null ? one === other : isSameList(one, other);
}

/** Reports whether the entry serves the request. While the registry fails, facts for other nodes are better than none. */
function serves(entry: CacheEntry, request: ImageRequest): boolean {
  const { result } = entry;
  return result.kind === 'failure' || result.stale !== null || isReadFor(entry, request);
}

function lifetimeOf(image: string, { digestTtl, tagTtl }: CacheSettings): number {
  return image.includes('@') ? digestTtl : tagTtl;
}

/** Creates a function that makes one lookup and decides how long its result is cached. */
function createLookUpOnce({ read, logger }: CacheDeps, settings: CacheSettings) {
  const warn = throttledWarn(logger, 'image lookup failed');
  return async (
    request: ImageRequest,
    previous: CacheEntry | undefined,
  ): Promise<{ readonly entry: CacheEntry; readonly ttl: number }> => {
    const before = previous?.result.kind === 'facts' ? { ...previous, result: previous.result } : null;
    const { image, namespace, architectures } = request;
    try {
      const known = before !== null && isReadFor(before, request) ? before.result.facts : null;
      const facts = await read(request, known);
      const knownSince = before?.result.knownSince ?? performance.now();
      const entry: CacheEntry = {
        result: { kind: 'facts', facts, stale: null, knownSince },
        namespace,
        confirmedAt: Date.now(),
        architectures: isChosenByArchitecture(facts) ? architectures : null,
      };
      return { entry, ttl: lifetimeOf(image, settings) };
    } catch (error) {
      const failure = asFailure(error);
      const { reason, detail } = failure;
      const isStale = before !== null && isTransient(reason);
      const host = failedHost(error, image);
      warn({ namespace, image, host, reason, detail: withoutImage(detail), stale: isStale }, { namespace });
      if (!isStale) {
        const entry: CacheEntry = {
          result: failure,
          namespace,
          confirmedAt: Date.now(),
          architectures: null,
        };
        return { entry, ttl: isOutage(reason) ? settings.outageTtl : settings.failureTtl };
      }
      const result: KnownImage = { ...before.result, stale: { since: before.confirmedAt, reason } };
      return { entry: { ...before, result }, ttl: settings.staleTtl };
    }
  };
}

/** @param inherited facts of the cache that this one replaces; they live as long as if this one had read them */
export function createImageCache(
  deps: CacheDeps,
  settings: CacheSettings,
  inherited: CachedFacts = [],
): ImageCache {
  const lookUpOnce = createLookUpOnce(deps, settings);
  const cache = new LRUCache<string, CacheEntry, ImageRequest>({
    max: settings.maxEntries,
    maxSize: settings.maxBytes,
    maxEntrySize: settings.maxEntryBytes,
    sizeCalculation: ({ result }, key) => estimateBytes(result) + estimateBytes(key) + 1,
    ttl: settings.tagTtl,
    ttlResolution: settings.ttlResolution,
    noDeleteOnStaleGet: true,
    ignoreFetchAbort: true,
    fetchMethod: async (_key, previous, { options, context }) => {
      const started = performance.now();
      const { entry, ttl } = await lookUpOnce(context, previous);
      deps.onLookup?.(entry.result, performance.now() - started);
      options.ttl = ttl;
      return entry;
    },
  });

  for (const { key, entry, size } of inherited) {
    const age = Math.max(0, Date.now() - entry.confirmedAt);
    // Names of namespaces and Secrets, which precede the image, have no "@".
    cache.set(key, entry, { size, ttl: lifetimeOf(key, settings), start: performance.now() - age });
  }

  /** Sets facts as if this process had read them then. A clock that is ahead must not lengthen their life. */
  function setRestored({ request, facts, confirmedAt: claimed, architectures }: KeptImage): ImageFacts {
    const confirmedAt = Math.min(claimed, Date.now());
    const result: KnownImage = { kind: 'facts', facts, stale: null, knownSince: performance.now() };
    const entry = { result, namespace: request.namespace, confirmedAt, architectures };
    const key = cacheKey(request);
    const start = performance.now() - (Date.now() - confirmedAt);
    cache.set(key, entry, { ttl: lifetimeOf(key, settings), start });
    return facts;
  }

  function restore(image: KeptImage): ImageFacts | null {
    const key = cacheKey(image.request);
    const entry = cache.peek(key, { allowStale: true });
    if (entry === undefined) return setRestored(image);
    const { result } = entry;
    // While a registry is unreachable, what another replica knew is better than the failure.
    if (result.kind === 'failure') return isTransient(result.reason) ? setRestored(image) : null;
    const { facts } = result;
    if (facts.digest !== image.facts.digest || !isSameView(entry, image))
      return entry.confirmedAt >= image.confirmedAt ? facts : setRestored(image);
    const merged = mergeContents(facts, image.facts);
    if (merged !== facts)
      cache.set(key, { ...entry, result: { ...result, facts: merged } }, { noUpdateTTL: true });
    return merged;
  }

  async function refresh(request: ImageRequest): Promise<ImageResult> {
    const key = cacheKey(request);
    const known = cache.peek(key);
    const isOther = known !== undefined && !serves(known, request);
    const found = await cache.forceFetch(key, { context: request, forceRefresh: isOther });
    if (serves(found, request)) return found.result;
    // Nodes of another architecture joined during the lookup.
    return (await cache.forceFetch(key, { context: request, forceRefresh: true })).result;
  }

  return {
    get: (request) => {
      const known = cache.get(cacheKey(request));
      return known !== undefined && serves(known, request) ? known.result : undefined;
    },
    getStale: (request, reason) => {
      const known = cache.peek(cacheKey(request), { allowStale: true });
      if (known?.result.kind !== 'facts') return null;
      return { ...known.result, stale: { since: known.confirmedAt, reason } };
    },
    refresh,
    update: (request, facts) => {
      const key = cacheKey(request);
      const known = cache.peek(key, { allowStale: true });
      if (known?.result.kind !== 'facts' || !isReadFor(known, request)) return;
      // The tag may have moved meanwhile. The update does not extend the entry's life.
      if (known.result.facts.digest === facts.digest)
        cache.set(key, { ...known, result: { ...known.result, facts } }, { noUpdateTTL: true });
    },
    size: () => ({ entries: cache.size, bytes: cache.calculatedSize }),
    isKnown: (request) => cache.peek(cacheKey(request), { allowStale: true })?.result.kind === 'facts',
    images: () =>
      cache
        .dump()
        .toReversed()
        .flatMap(
          ([
            key,
            {
              value: { result, namespace, confirmedAt, architectures },
            },
          ]) =>
            result.kind === 'failure'
              ? []
              : [{ request: requestOf(key, namespace), facts: result.facts, confirmedAt, architectures }],
        ),
    restore,
    facts: () =>
      cache.dump().flatMap(([key, { value: entry, size = 0 }]) => {
        const { result } = entry;
        // A lookup with the new settings may succeed where the last one failed.
        return result.kind === 'facts'
          ? { key, entry: { ...entry, result: { ...result, stale: null } }, size }
          : [];
      }),
  };
}
