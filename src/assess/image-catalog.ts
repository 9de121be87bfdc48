import { LRUCache } from 'lru-cache';
import { AppError, describeError } from '../errors.ts';
import { OPERATORS_CREDENTIALS, type Credential } from '../credentials/credential.ts';
import type { UnknownReason } from '../detect/verdict.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import { parseReference, type Reference } from '../image/reference.ts';
import { orLate } from '../or-late.ts';
import { inspectImage } from './inspect-image.ts';
import { createLookInside, type Look } from './look-inside.ts';
import { createLookUpsUnderWay } from './look-ups-under-way.ts';
import { createPeekImage } from './peek-image.ts';
import type { KeychainPort, Logger, PullSecretsPort, RegistryPort } from './ports.ts';
import { weigh } from './weigh.ts';

/** How long an answer holds, in milliseconds, and how much is remembered. */
export const CATALOG_DEFAULTS = {
  /** A tag may move at any time; five minutes is what people wait for without asking why. */
  tagTtl: 5 * 60_000,
  /** A digest never changes: such an answer leaves only for want of room. */
  digestTtl: 0,
  /** Long enough to answer a burst of retries, short enough that a pushed image or a mended secret is seen at once. */
  failureTtl: 10_000,
  /** How long a stale answer serves before the registry is asked again. */
  staleTtl: 30_000,
  /** A look-up outlives the admission that asked, to be there for the retry; this ends it all the same. */
  lookUpTimeout: 30_000,
  /** Some 2 KiB each: about 20 MiB when full. */
  maxEntries: 10_000,
  /** Bytes of memory: what registries send is theirs to choose, and the Deployment grants 256 MiB for everything. */
  maxBytes: 32 * 1024 * 1024,
  /** The largest real configs are some 100 KiB; an answer above this is given, but not kept. */
  maxEntryBytes: 1024 * 1024,
  /** Distinct images that one namespace may be looking up at a time; the Pods of a large rollout name a few new ones. */
  lookUpsOfNamespace: 32,
} as const;

/** What to look up, and on whose behalf. */
export interface ImageQuestion {
  /** The reference as the Pod writes it. */
  readonly image: string;
  readonly namespace: string;
  /** Names of the Pod's pull secrets, in order. */
  readonly pullSecrets: readonly string[];
  /** Of the nodes; empty where unknown. */
  readonly architectures: readonly string[];
}

export interface ImageFailure {
  readonly kind: 'failure';
  readonly reason: UnknownReason;
  readonly detail: string;
  readonly advice: string | null;
}

export type ImageAnswer =
  | { readonly kind: 'facts'; readonly facts: ImageFacts; readonly isStale: boolean }
  | ImageFailure;

export interface ImageCatalog {
  /** What is known now, without waiting; undefined where the registry must be asked. */
  readonly recall: (question: ImageQuestion) => ImageAnswer | undefined;
  /** Equal questions in flight are asked once. Never rejects; a signal that fires first answers reason `timeout`. */
  readonly ask: (question: ImageQuestion, signal: AbortSignal) => Promise<ImageAnswer>;
  /** Facts that were answered, with what a look inside shows; the catalog remembers it with them. */
  readonly lookInside: (question: ImageQuestion, look: Look, signal: AbortSignal) => Promise<ImageFacts>;
  /** How much is remembered at the moment. */
  readonly size: () => { readonly entries: number; readonly bytes: number };
}

interface CatalogDeps {
  readonly registry: RegistryPort;
  readonly pullSecrets: PullSecretsPort;
  /** Absent where the operator lends no credentials. */
  readonly keychain?: KeychainPort | undefined;
  readonly logger: Logger;
  /** Told of each look-up at the registry when it has ended. */
  readonly onLookUp?: ((answer: ImageAnswer, milliseconds: number) => void) | undefined;
}

export type CatalogOptions = { readonly [Key in keyof typeof CATALOG_DEFAULTS]?: number };

/**
 * Nobody is answered from what another namespace's secret could read: with pull secrets the key holds whose they are,
 * without any it is the view that all share. The operator's own credentials belong to that view: they stand for the
 * node's, which serve every Pod that lands there. Contents of secrets never enter a key.
 */
function keyOf({ image, namespace, pullSecrets, architectures }: ImageQuestion): string {
  const audience = pullSecrets.length === 0 ? '' : `${namespace}/${pullSecrets.join(',')}`;
  return `${image}\n${audience}\n${architectures.join(',')}`;
}

const REASONS: ReadonlySet<string> = new Set<UnknownReason>([
  'unreachable',
  'timeout',
  'tls',
  'unauthorized',
  'not-found',
  'rate-limited',
  'denied-by-config',
  'unsupported',
  'too-large',
  'invalid',
]);

/** Faults of the way there: what was known before is still the best answer. */
const PASSING: ReadonlySet<UnknownReason> = new Set(['unreachable', 'timeout', 'tls', 'rate-limited']);

/** Why an image could not be known; a fault of our own is thrown again. */
export function asFailure(error: unknown): ImageFailure {
  if (error instanceof AppError && (REASONS.has(error.code) || error.code === 'invalid-reference')) {
    const reason = REASONS.has(error.code) ? (error.code as UnknownReason) : 'invalid';
    return { kind: 'failure', reason, detail: describeError(error), advice: error.advice };
  }
  throw error;
}

function timedOut(image: string): ImageAnswer {
  const detail = `Cannot inspect image "${image}": the registry did not answer within this admission's time`;
  // Applied again, a Pod that was admitted is not made again, and its class cannot be set later.
  const advice = 'The look-up goes on: in a few seconds delete the Pod if it was admitted, and apply again.';
  return { kind: 'failure', reason: 'timeout', detail, advice };
}

function tooMany({ image, namespace }: ImageQuestion): ImageAnswer {
  const detail = `Cannot inspect image "${image}": namespace ${namespace} has too many other images being looked up`;
  const advice = 'Apply again in a few seconds, when they are known.';
  return { kind: 'failure', reason: 'rate-limited', detail, advice };
}

/** What is no reference at all: not worth remembering, since it costs nothing to tell again, and may be of any length. */
function unreadable(image: string): ImageAnswer | null {
  try {
    parseReference(image);
    return null;
  } catch (error) {
    return asFailure(error);
  }
}

/** Asks the registry: for a tag known before, first whether it still stands for the same digest (a HEAD, not a pull). */
async function lookUp(
  deps: CatalogDeps,
  question: ImageQuestion,
  { known, signal }: { readonly known: ImageFacts | null; readonly signal: AbortSignal },
): Promise<ImageFacts> {
  const reference = parseReference(question.image);
  const { namespace, pullSecrets, architectures } = question;
  const credentials = await readCredentials(deps, { question, reference, signal });
  if (known !== null && (await isUnchanged({ deps, reference, credentials, signal }, known))) return known;
  try {
    return await inspectImage(deps.registry, { reference, credentials, architectures, signal });
  } catch (error) {
    if (error instanceof AppError && error.code === 'unauthorized')
      deps.pullSecrets.forget(namespace, pullSecrets);
    throw error;
  }
}

/** As the kubelet orders them: the Pod's, the node's, and anonymous access after all. */
async function readCredentials(
  deps: CatalogDeps,
  asked: { readonly question: ImageQuestion; readonly reference: Reference; readonly signal: AbortSignal },
): Promise<readonly Credential[]> {
  const { question, reference, signal } = asked;
  const { namespace, pullSecrets } = question;
  const [own, lent] = await Promise.all([
    pullSecrets.length === 0 ? [] : deps.pullSecrets.read(namespace, pullSecrets, signal),
    deps.keychain?.credentialsFor(reference, signal) ?? [],
  ]);
  return [...own, ...lent.map((credential) => ({ ...credential, publicSource: OPERATORS_CREDENTIALS }))];
}

interface Revalidation {
  readonly deps: CatalogDeps;
  readonly reference: Reference;
  readonly credentials: readonly Credential[];
  readonly signal: AbortSignal;
}

async function isUnchanged(
  { deps, reference, credentials, signal }: Revalidation,
  known: ImageFacts,
): Promise<boolean> {
  return (await deps.registry.resolveDigest(reference, { credentials, signal })) === known.digest;
}

function hasDigest(image: string): boolean {
  return image.includes('@');
}

/**
 * What is known of images. Answers by digest stay, answers by tag are re-validated when they grow old, failures are
 * remembered briefly, and when the registry fails an old answer is given rather than none, marked stale.
 */
export function createImageCatalog(deps: CatalogDeps, options: CatalogOptions = {}): ImageCatalog {
  const settings = { ...CATALOG_DEFAULTS, ...options };
  const cache = new LRUCache<string, ImageAnswer, ImageQuestion>({
    max: settings.maxEntries,
    maxSize: settings.maxBytes,
    maxEntrySize: settings.maxEntryBytes,
    sizeCalculation: (answer, key) => weigh(answer) + weigh(key) + 1,
    ttl: settings.tagTtl,
    // The clock is read once a second at most: a fresh answer costs a map look-up and nothing else.
    ttlResolution: 1000,
    noDeleteOnStaleGet: true,
    ignoreFetchAbort: true,
    fetchMethod: async (_key, previous, { options: entry, context }) => {
      const started = performance.now();
      const told = (answer: ImageAnswer): ImageAnswer => {
        deps.onLookUp?.(answer, performance.now() - started);
        return answer;
      };
      const known = previous?.kind === 'facts' ? previous.facts : null;
      try {
        const facts = await lookUp(deps, context, {
          known,
          signal: AbortSignal.timeout(settings.lookUpTimeout),
        });
        entry.ttl = hasDigest(context.image) ? settings.digestTtl : settings.tagTtl;
        return told({ kind: 'facts', facts, isStale: false });
      } catch (error) {
        const failure = asFailure(error);
        const { reason } = failure;
        const isPassing = known !== null && PASSING.has(reason);
        deps.logger.warn({ image: context.image, reason, stale: isPassing }, 'image look-up failed');
        entry.ttl = isPassing ? settings.staleTtl : settings.failureTtl;
        told(failure);
        return isPassing ? { kind: 'facts', facts: known, isStale: true } : failure;
      }
    },
  });

  const underWay = createLookUpsUnderWay(settings.lookUpsOfNamespace);

  /** Grown old, and still better than nothing. */
  function knownBefore(key: string): ImageAnswer | null {
    const known = cache.peek(key, { allowStale: true });
    return known?.kind === 'facts' ? { ...known, isStale: true } : null;
  }

  async function ask(question: ImageQuestion, signal: AbortSignal): Promise<ImageAnswer> {
    const refused = unreadable(question.image);
    if (refused !== null) return refused;
    const key = keyOf(question);
    if (!underWay.hasRoom(question.namespace, key)) return knownBefore(key) ?? tooMany(question);
    const answer = cache.fetch(key, { context: question });
    void underWay.add(question.namespace, key, answer);
    const late = (): ImageAnswer => knownBefore(key) ?? timedOut(question.image);
    return (await orLate(answer, signal, late)) ?? timedOut(question.image);
  }

  const inside = createLookInside({ peek: createPeekImage(deps), logger: deps.logger });

  function lookInside(question: ImageQuestion, look: Look, signal: AbortSignal): Promise<ImageFacts> {
    const key = keyOf(question);
    const learn = (facts: ImageFacts): void => {
      const known = cache.peek(key, { allowStale: true });
      // The tag may have moved meanwhile; and however long the answer holds, it is not longer for this.
      if (known?.kind === 'facts' && known.facts.digest === facts.digest)
        cache.set(key, { ...known, facts }, { noUpdateTTL: true });
    };
    const credentialsFor = (reference: Reference, until: AbortSignal): Promise<readonly Credential[]> =>
      readCredentials(deps, { question, reference, signal: until });
    const { image, namespace } = question;
    return inside({ key, image, namespace, credentialsFor, learn }, look, signal);
  }

  return {
    recall: (question) => cache.get(keyOf(question)),
    ask,
    lookInside,
    size: () => ({ entries: cache.size, bytes: cache.calculatedSize }),
  };
}
