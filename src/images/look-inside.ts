import { LRUCache } from 'lru-cache';
import type { Credential } from '../credentials/credential.ts';
import { commandKey, LONGEST_COMMAND_KEY } from '../detect/command-key.ts';
import type { CommandOverride } from '../detect/effective-command.ts';
import type { Scope } from '../detect/open-question.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import { parseReference } from '../image/reference.ts';
import { AppError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { raceAbort } from '../lib/race-abort.ts';
import type { FairQueue } from './fair-queue.ts';
import { hostOf } from './image-failure.ts';
import { createLookUpsUnderWay } from './look-ups-under-way.ts';
import type { PeekImage } from './peek-image.ts';

export const LOOK_INSIDE_DEFAULTS = {
  /** Layers often lie elsewhere than manifests: a store out of reach must not cost every admission its time. */
  failureTtl: 60_000,
  /** After an outage of the registry itself: its client backs off, so that a look costs no time. */
  outageTtl: 500,
  /** Images remembered for not letting themselves be looked into. */
  maxFailures: 1_000,
  /** Bytes of memory for them: a key holds names of pull secrets and a command, some 17 KiB at its longest. */
  maxFailureBytes: 2 * 1024 * 1024,
  /** A look outlives the admission that asked, to be there for the retry; this ends it all the same. */
  timeout: 30_000,
  /** That one namespace may have under way: each way to start an image is a look of its own, and Pods choose their commands. */
  looksOfNamespace: 32,
} as const;

/** What is wanted of an image that is known already, for one way of starting it. */
export interface Look {
  readonly facts: ImageFacts;
  readonly override: CommandOverride;
  readonly scope: Scope;
}

/** Whose image it is. */
export interface LookedInto {
  /** As the catalog has it. */
  readonly key: string;
  readonly image: string;
  /** Where the Pod is that asks. */
  readonly namespace: string;
  readonly credentialsFor: (signal: AbortSignal) => Promise<readonly Credential[]>;
  /** Told what was seen, however late. */
  readonly learn: (facts: ImageFacts) => void;
}

/**
 * The facts with what was seen; as they were where that failed, takes longer than the signal lets it, or has to wait for too
 * many others. Never rejects for what the registry did.
 */
export type LookInside = (image: LookedInto, look: Look, signal: AbortSignal) => Promise<ImageFacts>;

interface InsideDeps {
  readonly peek: PeekImage;
  /** Shared with all that is asked of registries. */
  readonly queue: FairQueue;
  readonly logger: Logger;
}

/** The registry itself did not answer; storage behind it, which nothing else damps, is another matter. */
function isBackedOff(error: AppError): boolean {
  const isOutage = error.code === 'unreachable' || error.code === 'timeout';
  return isOutage && !('isElsewhere' in error && error.isElsewhere === true);
}

/** Equal looks under way are taken once; those that failed are not tried again for a while. */
export function createLookInside({ peek, queue, logger }: InsideDeps): LookInside {
  const { failureTtl, outageTtl, maxFailures, maxFailureBytes, timeout, looksOfNamespace } =
    LOOK_INSIDE_DEFAULTS;
  const underWay = new Map<string, Promise<ImageFacts>>();
  const room = createLookUpsUnderWay(looksOfNamespace);
  const failed = new LRUCache<string, true>({
    max: maxFailures,
    maxSize: maxFailureBytes,
    sizeCalculation: (_failed, key) => 2 * key.length,
    ttl: failureTtl,
  });

  async function take(
    { image, namespace, credentialsFor, learn }: LookedInto,
    look: Look,
    id: string,
  ): Promise<ImageFacts> {
    try {
      const reference = parseReference(image);
      using slot = await queue.take(namespace, AbortSignal.timeout(timeout));
      if (slot === null) return look.facts;
      const { signal } = slot;
      const credentials = await credentialsFor(signal);
      const seen = await peek({ ...look, reference, credentials, signal, tenant: namespace });
      learn(seen);
      return seen;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      failed.set(id, true, { ttl: isBackedOff(error) ? outageTtl : failureTtl });
      const host = hostOf(error, image);
      logger.warn({ image, host, reason: error.code, err: error }, 'cannot look inside image');
      return look.facts;
    }
  }

  return (image, look, signal) => {
    const command = commandKey(look.override);
    const id = `${image.key}\n${look.facts.digest}\n${look.scope}\n${command}`;
    if (command.length > LONGEST_COMMAND_KEY || failed.has(id)) return Promise.resolve(look.facts);
    let work = underWay.get(id);
    if (work === undefined) {
      if (!room.hasRoom(image.namespace, id)) return Promise.resolve(look.facts);
      work = take(image, look, id).finally(() => underWay.delete(id));
      underWay.set(id, work);
      room.add(image.namespace, id, work);
    }
    return raceAbort(work, signal, () => look.facts);
  };
}
