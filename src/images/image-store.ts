import { setTimeout as sleep } from 'node:timers/promises';
import type { ImageFacts } from '../image/image-facts.ts';
import { AppError, describeError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { throttledWarn } from '../lib/throttled-warn.ts';
import { mergeContents } from './add-contents.ts';
import type { KeptImage } from './image-cache.ts';
import type { ImageCatalog } from './image-catalog.ts';
import type { SnapshotPort, StoredSnapshot } from './ports.ts';
import { readSnapshot, SNAPSHOT_LIMITS, writeSnapshot } from './snapshot.ts';

export const STORE_TIMES = {
  /** A replica that is killed loses what it learned since. An exchange without news costs one small request. */
  longestMilliseconds: 60_000,
  /** Replicas start together, and should not write together. */
  shortestMilliseconds: 45_000,
} as const;

/** Each lost race means that another replica has just written. */
const WRITE_ATTEMPTS = 5;

/** A snapshot that is too large once compressed is written again with this part of its length; the next one tries more. */
const SHRINKAGE = 0.75;

/** Says that this installation has no right to store anything. */
const NOT_SHARED = 'replicas do not share what they know of images';

interface ImageStoreDeps {
  readonly catalog: Pick<ImageCatalog, 'images' | 'restore'>;
  readonly snapshots: SnapshotPort;
  /** Reports whether the namespace exists: facts of private images do not outlive theirs. */
  readonly hasNamespace: (name: string) => boolean;
  readonly logger: Logger;
}

/** What the replicas know of images, kept where it outlives them. */
export interface ImageStore {
  /** Restores what earlier replicas knew; null if this installation stores nothing, which is logged. @throws AppError */
  readonly load: (signal: AbortSignal) => Promise<number | null>;
  /** Stores what this replica knows, with what others stored meanwhile. Never rejects: a failure is logged. */
  readonly save: (signal: AbortSignal) => Promise<void>;
  /** Exchanges news with the other replicas every minute until the signal fires. */
  readonly follow: (signal: AbortSignal) => Promise<void>;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof AppError && error.code === code;
}

/** Creates the store. The cache merges: it takes what is newer or more, and a snapshot holds what it has then. */
export function createImageStore(
  deps: ImageStoreDeps,
  options: Partial<typeof STORE_TIMES> = {},
): ImageStore {
  const { catalog, snapshots, hasNamespace, logger } = deps;
  const { longestMilliseconds, shortestMilliseconds } = { ...STORE_TIMES, ...options };
  const warn = throttledWarn(logger, 'cannot store what is known of images');
  /** Facts that the snapshot holds, or has no room for. */
  const settled = new WeakSet<ImageFacts>();
  let isForbidden = false;
  let version: string | null = null;
  let maxLength: number = SNAPSHOT_LIMITS.maxLength;

  function restore(stored: KeptImage): void {
    const facts = catalog.restore(stored);
    if (facts === null) return;
    const isSame =
      facts.digest === stored.facts.digest && mergeContents(stored.facts, facts) === stored.facts;
    if (isSame) settled.add(facts);
  }

  async function restoreAll(stored: StoredSnapshot): Promise<number> {
    version = stored.version;
    if (stored.text === null) return 0;
    const snapshot = await readSnapshot(stored.text);
    if (snapshot === null) {
      logger.warn({}, 'ignored the stored images: they are damaged or of another version');
      return 0;
    }
    const { invalid } = snapshot;
    // Namespaces may have been deleted since the snapshot was written.
    const images = snapshot.images.filter(isKept);
    if (invalid > 0) logger.warn({ invalid }, 'ignored some of the stored images: they are damaged');
    // Those used last come first, and the cache evicts what was added first.
    for (const image of images.toReversed()) restore(image);
    return images.length;
  }

  function isKept({ request }: KeptImage): boolean {
    return request.pullSecrets.length === 0 || hasNamespace(request.namespace);
  }

  async function write(images: readonly KeptImage[], since: string, signal: AbortSignal): Promise<void> {
    try {
      const text = await writeSnapshot(images.filter(isKept), maxLength);
      version = await snapshots.write(text, since, signal);
    } catch (error) {
      if (!isCode(error, 'too-large')) throw error;
      maxLength *= SHRINKAGE;
      return write(images, since, signal);
    }
    isForbidden = false;
    for (const { facts } of images) settled.add(facts);
  }

  /** Tries again when there is more to store, as an API server that has just started forbids what roles allow. */
  function noteForbidden(error: unknown, images: readonly KeptImage[]): void {
    for (const { facts } of images) settled.add(facts);
    if (!isForbidden) logger.info({ reason: describeError(error) }, NOT_SHARED);
    isForbidden = true;
  }

  /** @param mustWrite to store when tags were confirmed last, even if no facts are new */
  async function exchange(signal: AbortSignal, mustWrite: boolean): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const stored = await snapshots.read(version, signal);
      if (stored !== null) await restoreAll(stored);
      const images = catalog.images();
      const hasNews = images.some(({ facts }) => !settled.has(facts));
      if (version === null || !(hasNews || (mustWrite && images.length > 0))) return;
      try {
        // What took the room may be gone.
        maxLength = Math.min(SNAPSHOT_LIMITS.maxLength, maxLength / SHRINKAGE);
        return await write(images, version, signal);
      } catch (error) {
        if (isCode(error, 'forbidden')) return noteForbidden(error, images);
        if (!isCode(error, 'conflict') || attempt === WRITE_ATTEMPTS) throw error;
      }
    }
  }

  async function tryExchange(signal: AbortSignal, mustWrite: boolean): Promise<void> {
    try {
      await exchange(signal, mustWrite);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (!isCode(error, 'aborted')) warn({ err: error });
    }
  }

  return {
    load: async (signal) => {
      try {
        const stored = await snapshots.read(null, signal);
        return stored === null ? 0 : await restoreAll(stored);
      } catch (error) {
        if (!isCode(error, 'forbidden') && !isCode(error, 'not-found')) throw error;
        logger.info({ reason: describeError(error) }, NOT_SHARED);
        return null;
      }
    },
    save: (signal) => tryExchange(signal, true),
    follow: async (signal) => {
      const spread = longestMilliseconds - shortestMilliseconds;
      while (!signal.aborted) {
        await tryExchange(signal, false);
        const wait = shortestMilliseconds + Math.random() * spread;
        await sleep(wait, undefined, { signal, ref: false }).catch(() => {});
      }
    },
  };
}
