import { LRUCache } from 'lru-cache';
import type { Credential } from '../credentials/credential.ts';
import { commandKey, MAX_COMMAND_KEY, type CommandOverride } from '../detect/effective-command.ts';
import type { PeekScope } from '../detect/open-queries.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import { parseReference } from '../image/reference.ts';
import { AppError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { raceAbort } from '../lib/race-abort.ts';
import { throttledWarn } from '../lib/throttled-warn.ts';
import { createTimeLimit } from '../lib/time-limit.ts';
import type { FairQueue } from './fair-queue.ts';
import { failedHost, isOutage } from './image-result.ts';
import { createPendingLookups, type PendingLookups } from './lookup-limits.ts';
import type { PeekImage } from './peek-image.ts';

export const QUEUED_PEEK_LIMITS = {
  /** Layers are often stored apart from manifests: an unreachable store must not delay every admission. */
  failureTtl: 60_000,
  /** After an outage of the registry itself: its client backs off, so that a peek costs no time. */
  outageTtl: 500,
  /** Failed peeks kept. */
  maxFailures: 1_000,
  /** Bytes of memory for them: a key holds names of pull secrets and a command, some 17 KiB at most. */
  maxFailureBytes: 2 * 1024 * 1024,
  /** A peek outlives the admission that started it, so that a retry finds its result, but not this time. */
  timeout: 30_000,
  /** Pending peeks of one namespace: each command of an image needs a peek of its own, and Pods choose their commands. */
  peeksPerNamespace: 32,
} as const;

/** A known image, and the command for which its layers are read. */
export interface PeekTarget {
  readonly facts: ImageFacts;
  readonly override: CommandOverride;
  readonly scope: PeekScope;
}

/** The image whose layers are read, and the tenant. */
export interface PeekedImage {
  /** The catalog's cache key. */
  readonly key: string;
  readonly image: string;
  readonly namespace: string;
  readonly credentialsFor: (signal: AbortSignal) => Promise<readonly Credential[]>;
  /** Called with the result, however late it comes. */
  readonly onPeeked: (facts: ImageFacts) => void;
}

/**
 * Returns the facts with what the layers show. The facts come back unchanged if the peek fails, outlasts the signal, or exceeds
 * the limit of its namespace. Never rejects if the registry fails.
 */
export type QueuedPeek = (image: PeekedImage, target: PeekTarget, signal: AbortSignal) => Promise<ImageFacts>;

interface QueuedPeekDeps {
  readonly peek: PeekImage;
  /** Shared with all requests to registries. */
  readonly queue: FairQueue;
  readonly logger: Logger;
  /** The peeks in progress. */
  readonly pending?: PendingLookups;
}

/** Reports whether the registry client backs off, as it does from a registry, but not from the storage behind it. */
function isBackedOff(error: AppError): boolean {
  return isOutage(error.code) && !('isElsewhere' in error && error.isElsewhere === true);
}

/** Queues peeks beside all other lookups. Equal pending peeks share one; failed ones are not repeated for a while. */
export function createQueuedPeek({
  peek,
  queue,
  logger,
  pending = createPendingLookups(QUEUED_PEEK_LIMITS.peeksPerNamespace),
}: QueuedPeekDeps): QueuedPeek {
  const { failureTtl, outageTtl, maxFailures, maxFailureBytes, timeout } = QUEUED_PEEK_LIMITS;
  const warn = throttledWarn(logger, 'cannot read the layers of the image');
  const inFlight = new Map<string, Promise<ImageFacts>>();
  const failed = new LRUCache<string, true>({
    max: maxFailures,
    maxSize: maxFailureBytes,
    sizeCalculation: (_failed, key) => 2 * key.length,
    ttl: failureTtl,
  });

  async function start(
    { image, namespace, credentialsFor, onPeeked }: PeekedImage,
    target: PeekTarget,
    key: string,
  ): Promise<ImageFacts> {
    try {
      const reference = parseReference(image);
      using limit = createTimeLimit(timeout);
      using slot = await queue.take(namespace, limit.signal);
      if (slot === null) return target.facts;
      const { signal } = slot;
      const credentials = await credentialsFor(signal);
      const facts = await peek({ ...target, reference, credentials, signal, tenant: namespace });
      onPeeked(facts);
      return facts;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      failed.set(key, true, { ttl: isBackedOff(error) ? outageTtl : failureTtl });
      const host = failedHost(error, image);
      warn({ namespace, image, host, reason: error.code, err: error }, { namespace });
      return target.facts;
    }
  }

  return async (image, target, signal) => {
    const { facts, override, scope } = target;
    const command = commandKey(override);
    const key = `${image.key}\n${facts.digest}\n${scope}\n${command}`;
    if (command.length > MAX_COMMAND_KEY || failed.has(key)) return facts;
    let work = inFlight.get(key);
    if (work === undefined) {
      if (!pending.hasCapacity(image.namespace, key)) return facts;
      work = start(image, target, key).finally(() => inFlight.delete(key));
      inFlight.set(key, work);
      pending.add(image.namespace, key, work);
    }
    return raceAbort(work, signal, () => facts);
  };
}
