import type { ImageFacts } from '../image/image-facts.ts';
import { parseReference, type Reference } from '../image/reference.ts';
import type { Logger } from '../lib/logger.ts';
import { raceAbort } from '../lib/race-abort.ts';
import { CATALOG_DEFAULTS, type CatalogOptions } from './catalog-defaults.ts';
import { createFairQueue } from './fair-queue.ts';
import type { ImageAnswer, ImageQuestion } from './image-answer.ts';
import { stillTrying, timedOut, tooMany, tooManyOfNamespace, unreadable } from './image-failure.ts';
import { createImageMemory, memoryKey, type MemorySize } from './image-memory.ts';
import { createImageSource, type SourceDeps } from './image-source.ts';
import { createLookInside, type Look } from './look-inside.ts';
import { createLookUpsUnderWay } from './look-ups-under-way.ts';
import { createLookupMemory } from './lookup-memory.ts';
import { createPeekImage } from './peek-image.ts';
import type { RegistryFailure } from './ports.ts';
import { createWaitLimits, type Patience, type WaitOptions } from './wait-limits.ts';

export interface ImageCatalog {
  /** What is known now, without waiting; undefined where the registry must be asked. */
  readonly recall: (question: ImageQuestion) => ImageAnswer | undefined;
  /** The same, not counted as a question: for those who look whether an answer has come. */
  readonly peek: (question: ImageQuestion) => ImageAnswer | undefined;
  /** Equal questions in flight are asked once. Never rejects; a signal that fires first answers reason `timeout`. */
  readonly ask: (question: ImageQuestion, signal: AbortSignal, patience?: Patience) => Promise<ImageAnswer>;
  /** Reports whether no endpoint of the image's registry can be reached now. */
  readonly isUnreachable: (image: string) => boolean;
  /** How much is remembered, in memory as reckoned. */
  readonly size: () => MemorySize;
  /** Facts that were answered, with what a look inside shows; the catalog remembers it with them. */
  readonly lookInside: (question: ImageQuestion, look: Look, signal: AbortSignal) => Promise<ImageFacts>;
}

interface CatalogDeps extends SourceDeps {
  /** Called with each answer, and where it came from. */
  readonly onAnswer?: ((answer: ImageAnswer, from: 'memory' | 'registry') => void) | undefined;
  /** Called when a look-up has ended, however it did. */
  readonly onLookUp?: ((answer: ImageAnswer, milliseconds: number) => void) | undefined;
  readonly logger: Logger;
}

/** A text that is no reference belongs to no registry. */
function referenceOf(image: string): Reference | null {
  return unreadable(image) === null ? parseReference(image) : null;
}

/** The signal, or one that fires earlier. */
function within(milliseconds: number, signal: AbortSignal): AbortSignal {
  if (milliseconds === Infinity) return signal;
  if (milliseconds <= 0) return AbortSignal.abort();
  return AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(milliseconds))]);
}

/**
 * What is known of images. Answers by digest stay, answers by tag are re-validated when they grow old, failures are
 * remembered briefly, and when the registry fails an old answer is given rather than none, marked stale.
 */
export function createImageCatalog(
  deps: CatalogDeps,
  options: CatalogOptions & WaitOptions = {},
): ImageCatalog {
  const settings = { ...CATALOG_DEFAULTS, ...options };
  const { logger, onAnswer, onLookUp } = deps;
  const source = createImageSource(deps);
  const isUnreachable = (image: string): boolean => {
    const reference = referenceOf(image);
    return reference !== null && deps.registry.isUnreachable(reference);
  };
  const queue = createFairQueue({
    atOnce: settings.lookUpsAtOnce,
    waiting: settings.lookUpsWaiting,
    longestMilliseconds: settings.lookUpLongest,
  });
  const lookupMemory = createLookupMemory();
  const underWay = createLookUpsUnderWay(settings.lookUpsOfNamespace);
  const waits = createWaitLimits({ isUnreachable }, options);

  /** By image and audience, for look-ups under way. */
  const failedTries = new Map<string, RegistryFailure>();

  async function lookUp(question: ImageQuestion, known: ImageFacts | null): Promise<ImageFacts> {
    const { namespace } = question;
    using slot = await queue.take(namespace, AbortSignal.timeout(settings.lookUpTimeout));
    if (slot === null) throw tooMany(question);
    using reservation = lookupMemory.open(namespace, slot.signal);
    const key = memoryKey(question);
    const onFailedTry = (failure: RegistryFailure): void => void failedTries.set(key, failure);
    const means = { signal: reservation.signal, memory: reservation, onFailedTry };
    try {
      if (known !== null && (await source.isUnchanged(question, known, means))) return known;
      return await source.read(question, means);
    } finally {
      failedTries.delete(key);
    }
  }

  const memory = createImageMemory({ lookUp, onLookUp, logger }, settings);

  async function ask(
    question: ImageQuestion,
    signal: AbortSignal,
    patience: Patience = 'whole',
  ): Promise<ImageAnswer> {
    const refused = unreadable(question.image);
    if (refused !== null) return refused;
    const key = memoryKey(question);
    if (!underWay.hasRoom(question.namespace, key))
      return memory.recallStale(question, 'rate-limited') ?? tooManyOfNamespace(question);
    const joined = underWay.find(question.namespace, key);
    const most = patience === 'whole' ? Infinity : waits.most(question, joined);
    const answer = memory.renew(question);
    const started = underWay.add(question.namespace, key, answer);
    return raceAbort(answer, within(most, signal), () => {
      // A wait that was cut short says nothing of the registry.
      if (most === Infinity) waits.noteTimeout(question, started);
      const failure = failedTries.get(key);
      const late = failure === undefined ? timedOut(question) : stillTrying(question, failure);
      return memory.recallStale(question, late.reason) ?? late;
    });
  }

  const inside = createLookInside({ peek: createPeekImage(deps), queue, logger });

  function lookInside(question: ImageQuestion, look: Look, signal: AbortSignal): Promise<ImageFacts> {
    const { image, namespace } = question;
    const looked = {
      key: memoryKey(question),
      image,
      namespace,
      credentialsFor: (until: AbortSignal) => source.credentialsFor(question, until),
      learn: (facts: ImageFacts) => memory.learn(question, facts),
    };
    return inside(looked, look, signal);
  }

  return {
    recall: (question) => {
      const answer = memory.recall(question);
      if (answer !== undefined) onAnswer?.(answer, 'memory');
      return answer;
    },
    peek: memory.recall,
    ask: async (...asked) => {
      const answer = await ask(...asked);
      onAnswer?.(answer, 'registry');
      return answer;
    },
    isUnreachable,
    lookInside,
    size: memory.size,
  };
}
