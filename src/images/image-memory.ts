import { LRUCache } from 'lru-cache';
import type { UnknownReason } from '../detect/verdict.ts';
import { isChosenByArchitecture, type ImageFacts } from '../image/image-facts.ts';
import { estimateBytes } from '../lib/estimate-bytes.ts';
import type { Logger } from '../lib/logger.ts';
import { throttledWarn } from '../lib/throttled-warn.ts';
import type { CATALOG_DEFAULTS } from './catalog-defaults.ts';
import type { ImageAnswer, ImageQuestion, KnownImage } from './image-answer.ts';
import { asFailure, hostOf, isOutage, isPassing } from './image-failure.ts';

type MemorySettings = { readonly [Key in keyof typeof CATALOG_DEFAULTS]: number };

/** What was learnt of an image, and what it is good for. */
interface Remembered {
  readonly answer: ImageAnswer;
  /** When the registry last said so, in epoch milliseconds. */
  readonly confirmedAt: number;
  /** Of the nodes that it was read for; null where nodes of any would have been told the same. */
  readonly architectures: readonly string[] | null;
}

export interface MemorySize {
  readonly entries: number;
  readonly bytes: number;
}

/** Answers by image and audience: kept, renewed when they grow old, and asked for once at a time. */
export interface ImageMemory {
  /** Undefined where the registry must be asked. */
  readonly recall: (question: ImageQuestion) => ImageAnswer | undefined;
  /** Grown old, and still better than nothing. @param reason why the registry cannot say so now */
  readonly recallStale: (question: ImageQuestion, reason: UnknownReason) => KnownImage | null;
  /** Equal questions share one look-up. Rejects for faults of our own alone. */
  readonly renew: (question: ImageQuestion) => Promise<ImageAnswer>;
  /** How much is remembered, in memory as reckoned. */
  readonly size: () => MemorySize;
  /** The same image, better known. */
  readonly learn: (question: ImageQuestion, facts: ImageFacts) => void;
}

/** Asks the registry. @param known what its tag stood for before. @throws RegistryFailure */
export type AskRegistry = (question: ImageQuestion, known: ImageFacts | null) => Promise<ImageFacts>;

/**
 * Nobody is answered from what another namespace's secret could read: with pull secrets the key holds whose they are,
 * without any it is the view that all share. The operator's own credentials belong to that view: they stand for the
 * node's, which serve every Pod that lands there. Contents of secrets never enter a key. Whose they are comes first, in names
 * without line ends: of an image's name the API server demands no more than that no white space is around it.
 */
export function memoryKey({ image, namespace, pullSecrets }: ImageQuestion): string {
  return pullSecrets.length === 0 ? `\n${image}` : `${namespace}/${pullSecrets.join(',')}\n${image}`;
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one === other || (one.length === other.length && one.every((item, index) => item === other[index]));
}

function isReadFor({ architectures }: Remembered, question: ImageQuestion): boolean {
  return architectures === null || isSameList(architectures, question.architectures);
}

/** Where the registry fails, what other nodes would get is a better answer than none. */
function isGoodFor(remembered: Remembered, question: ImageQuestion): boolean {
  const { answer } = remembered;
  return answer.kind === 'failure' || answer.stale !== null || isReadFor(remembered, question);
}

function hasDigest(image: string): boolean {
  return image.includes('@');
}

/** The answer of one look-up, and how long it holds. */
function createLookUpOnce(deps: MemoryDeps, settings: MemorySettings) {
  const printError = throttledWarn(deps.logger, 'image look-up failed');
  return async (
    question: ImageQuestion,
    previous: Remembered | undefined,
  ): Promise<{ readonly remembered: Remembered; readonly ttl: number }> => {
    const before = previous?.answer.kind === 'facts' ? { ...previous, answer: previous.answer } : null;
    const { image, architectures } = question;
    try {
      const known = before !== null && isReadFor(before, question) ? before.answer.facts : null;
      const facts = await deps.lookUp(question, known);
      const remembered: Remembered = {
        answer: {
          kind: 'facts',
          facts,
          stale: null,
          knownSince: before?.answer.knownSince ?? performance.now(),
        },
        confirmedAt: Date.now(),
        architectures: isChosenByArchitecture(facts) ? architectures : null,
      };
      return { remembered, ttl: hasDigest(image) ? settings.digestTtl : settings.tagTtl };
    } catch (error) {
      const failure = asFailure(error);
      const { reason } = failure;
      const isStale = before !== null && isPassing(failure);
      printError({ image, host: hostOf(error, image), reason, error: failure.detail, stale: isStale });
      if (!isStale) {
        const remembered: Remembered = { answer: failure, confirmedAt: Date.now(), architectures: null };
        return { remembered, ttl: isOutage(failure) ? settings.outageTtl : settings.failureTtl };
      }
      const answer: KnownImage = { ...before.answer, stale: { since: before.confirmedAt, reason } };
      return { remembered: { ...before, answer }, ttl: settings.staleTtl };
    }
  };
}

interface MemoryDeps {
  readonly lookUp: AskRegistry;
  /** Told of each look-up when it has ended, however it did. */
  readonly onLookUp?: ((answer: ImageAnswer, milliseconds: number) => void) | undefined;
  readonly logger: Logger;
}

export function createImageMemory(deps: MemoryDeps, settings: MemorySettings): ImageMemory {
  const lookUpOnce = createLookUpOnce(deps, settings);
  const cache = new LRUCache<string, Remembered, ImageQuestion>({
    max: settings.maxEntries,
    maxSize: settings.maxBytes,
    maxEntrySize: settings.maxEntryBytes,
    sizeCalculation: ({ answer }, key) => estimateBytes(answer) + estimateBytes(key) + 1,
    ttl: settings.tagTtl,
    ttlResolution: settings.ttlResolution,
    noDeleteOnStaleGet: true,
    ignoreFetchAbort: true,
    fetchMethod: async (_key, previous, { options: entry, context }) => {
      const started = performance.now();
      const { remembered, ttl } = await lookUpOnce(context, previous);
      deps.onLookUp?.(remembered.answer, performance.now() - started);
      entry.ttl = ttl;
      return remembered;
    },
  });

  async function renew(question: ImageQuestion): Promise<ImageAnswer> {
    const key = memoryKey(question);
    const known = cache.peek(key);
    const isOther = known !== undefined && !isGoodFor(known, question);
    const found = await cache.forceFetch(key, { context: question, forceRefresh: isOther });
    if (isGoodFor(found, question)) return found.answer;
    // Nodes of another architecture came while it was being asked for.
    return (await cache.forceFetch(key, { context: question, forceRefresh: true })).answer;
  }

  return {
    recall: (question) => {
      const known = cache.get(memoryKey(question));
      return known !== undefined && isGoodFor(known, question) ? known.answer : undefined;
    },
    recallStale: (question, reason) => {
      const known = cache.peek(memoryKey(question), { allowStale: true });
      if (known?.answer.kind !== 'facts') return null;
      return { ...known.answer, stale: { since: known.confirmedAt, reason } };
    },
    renew,
    size: () => ({ entries: cache.size, bytes: cache.calculatedSize }),
    learn: (question, facts) => {
      const key = memoryKey(question);
      const known = cache.peek(key, { allowStale: true });
      if (known?.answer.kind !== 'facts' || !isReadFor(known, question)) return;
      // The tag may have moved meanwhile; and however long the answer holds, it is not longer for this.
      if (known.answer.facts.digest === facts.digest)
        cache.set(key, { ...known, answer: { ...known.answer, facts } }, { noUpdateTTL: true });
    },
  };
}
