import type { ImageFacts } from '../image/image-facts.ts';
import { parseReference, type Reference } from '../image/reference.ts';
import type { Logger } from '../lib/logger.ts';
import { raceAbort } from '../lib/race-abort.ts';
import { createTimeLimit } from '../lib/time-limit.ts';
import { cacheKey } from './cache-key.ts';
import { createFairQueue, type FairQueue } from './fair-queue.ts';
import { createImageCache, type CachedFacts, type ImageCache } from './image-cache.ts';
import {
  invalidReference,
  stillTrying,
  timedOut,
  tooMany,
  tooManyOfNamespace,
  type ImageRequest,
  type ImageResult,
} from './image-result.ts';
import { createImageSource, type SourceDeps } from './image-source.ts';
import {
  createPendingLookups,
  createWaitLimits,
  WAIT_LIMITS,
  type WaitMode,
  type WaitOptions,
} from './lookup-limits.ts';
import { createLookupMemory, type LookupMemory } from './lookup-memory.ts';
import { createPeekImage } from './peek-image.ts';
import type { RegistryFailure } from './ports.ts';
import { createQueuedPeek, QUEUED_PEEK_LIMITS, type PeekTarget } from './queued-peek.ts';
import { CATALOG_LIMITS, type CatalogOptions } from './settings.ts';

/** How long a caller waits. */
export interface Wait {
  readonly signal: AbortSignal;
  /** `full` by default. */
  readonly mode?: WaitMode;
}

export interface ImageCatalog extends Pick<ImageCache, 'facts' | 'isKnown' | 'images' | 'restore' | 'size'> {
  /** Returns the cached result without waiting; undefined if a lookup is needed. */
  readonly cached: (request: ImageRequest) => ImageResult | undefined;
  /** Does the same without counting it as a request, for polling. */
  readonly poll: (request: ImageRequest) => ImageResult | undefined;
  /** Looks the image up; equal requests share one lookup. Never rejects: if the wait ends first, the reason is `timeout`. */
  readonly lookUp: (request: ImageRequest, wait: Wait) => Promise<ImageResult>;
  /** Reports whether no endpoint of the image's registry can be reached now. */
  readonly isUnreachable: (image: string) => boolean;
  /** Reports whether a lookup is in progress, or layers are being read. */
  readonly isBusy: () => boolean;
  /** Returns the facts with what the layers show, and caches them. If the wait ends first, it returns the facts unchanged. */
  readonly peek: (request: ImageRequest, target: PeekTarget, wait: Wait) => Promise<ImageFacts>;
}

/** What all lookups share, those of a catalog that is being replaced included. */
export interface LookupBudget {
  readonly queue: FairQueue;
  readonly memory: LookupMemory;
}

export function createLookupBudget(
  options: Pick<CatalogOptions, 'concurrentLookups' | 'waitingLookups' | 'preemptAfter'> = {},
): LookupBudget {
  const { concurrentLookups, waitingLookups, preemptAfter } = { ...CATALOG_LIMITS, ...options };
  return {
    queue: createFairQueue({
      atOnce: concurrentLookups,
      waiting: waitingLookups,
      longestMilliseconds: preemptAfter,
    }),
    memory: createLookupMemory(),
  };
}

export interface CatalogDeps extends SourceDeps {
  /** Called with each result, and where it came from. */
  readonly onResult?: ((result: ImageResult, from: 'memory' | 'registry') => void) | undefined;
  /** Called when a lookup has ended, successfully or not. */
  readonly onLookup?: ((result: ImageResult, milliseconds: number) => void) | undefined;
  readonly logger: Logger;
  /** Its own by default. */
  readonly budget?: LookupBudget | undefined;
  /** Facts of the catalog that this one replaces. */
  readonly inherited?: CachedFacts | undefined;
}

/** Returns null for a text that is no reference: it belongs to no registry. */
function referenceOf(image: string): Reference | null {
  return invalidReference(image) === null ? parseReference(image) : null;
}

/** Returns the signal, or one that fires earlier. */
function within(milliseconds: number, signal: AbortSignal): AbortSignal {
  if (milliseconds === Infinity) return signal;
  if (milliseconds <= 0) return AbortSignal.abort();
  return AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(milliseconds))]);
}

/**
 * Creates the catalog of images. Results by digest stay, results by tag are revalidated when they expire, and failures are
 * cached briefly. If the registry fails, the catalog returns an expired result, marked stale, rather than none.
 */
export function createImageCatalog(
  deps: CatalogDeps,
  options: CatalogOptions & WaitOptions = {},
): ImageCatalog {
  const settings = { ...CATALOG_LIMITS, ...WAIT_LIMITS, ...options };
  const { logger, onResult, onLookup } = deps;
  const source = createImageSource(deps);
  const isUnreachable = (image: string): boolean => {
    const reference = referenceOf(image);
    return reference !== null && deps.registry.isUnreachable(reference);
  };
  const { queue, memory: lookupMemory } = deps.budget ?? createLookupBudget(settings);
  const pending = createPendingLookups(settings.lookupsPerNamespace);
  const waits = createWaitLimits({ isUnreachable }, options);

  /** The last failed attempt of pending lookups, by cache key. */
  const failedTries = new Map<string, RegistryFailure>();

  async function read(request: ImageRequest, known: ImageFacts | null): Promise<ImageFacts> {
    const { namespace } = request;
    using limit = createTimeLimit(settings.lookupTimeout);
    using slot = await queue.take(namespace, limit.signal);
    if (slot === null) throw tooMany(request);
    using memory = lookupMemory.open(namespace, slot.signal);
    const key = cacheKey(request);
    const onFailedTry = (failure: RegistryFailure): void => void failedTries.set(key, failure);
    const readOptions = { signal: memory.signal, memory, onFailedTry };
    try {
      if (known !== null && (await source.isUnchanged(request, known, readOptions))) return known;
      return await source.read(request, readOptions);
    } finally {
      failedTries.delete(key);
    }
  }

  const cache = createImageCache({ read, onLookup, logger }, settings, deps.inherited);

  async function lookUp(request: ImageRequest, { signal, mode = 'full' }: Wait): Promise<ImageResult> {
    const invalid = invalidReference(request.image);
    if (invalid !== null) return invalid;
    const { namespace } = request;
    const key = cacheKey(request);
    if (!pending.hasCapacity(namespace, key))
      return cache.getStale(request, 'rate-limited') ?? tooManyOfNamespace(request);
    const joined = pending.find(namespace, key);
    const longest = mode === 'full' ? Infinity : waits.longest(request, joined);
    const lookup = cache.refresh(request);
    const started = pending.add(namespace, key, lookup);
    return raceAbort(lookup, within(longest, signal), () => {
      // A shortened wait is no evidence against the registry.
      if (longest === Infinity) waits.noteTimeout(request, started);
      const failure = failedTries.get(key);
      const late = failure === undefined ? timedOut(request) : stillTrying(request, failure);
      return cache.getStale(request, late.reason) ?? late;
    });
  }

  const pendingPeeks = createPendingLookups(QUEUED_PEEK_LIMITS.peeksPerNamespace);
  const queuedPeek = createQueuedPeek({
    peek: createPeekImage(deps),
    queue,
    logger,
    pending: pendingPeeks,
  });

  function peek(request: ImageRequest, target: PeekTarget, { signal, mode }: Wait): Promise<ImageFacts> {
    const { image, namespace } = request;
    const peeked = {
      key: cacheKey(request),
      image,
      namespace,
      credentialsFor: (until: AbortSignal) => source.credentialsFor(request, until),
      onPeeked: (facts: ImageFacts) => cache.update(request, facts),
    };
    const isBrief = target.scope === 'small' && mode === 'bounded';
    return queuedPeek(peeked, target, isBrief ? within(settings.shortMilliseconds, signal) : signal);
  }

  return {
    cached: (request) => {
      const result = cache.get(request);
      if (result !== undefined) onResult?.(result, 'memory');
      return result;
    },
    poll: cache.get,
    lookUp: async (request, wait) => {
      const result = await lookUp(request, wait);
      onResult?.(result, 'registry');
      return result;
    },
    isUnreachable,
    peek,
    isKnown: cache.isKnown,
    images: cache.images,
    restore: cache.restore,
    size: cache.size,
    facts: cache.facts,
    isBusy: () => !pending.isEmpty() || !pendingPeeks.isEmpty(),
  };
}
