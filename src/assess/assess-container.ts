import { detectWasm } from '../detect/detect-wasm.ts';
import { commandKey, MAX_COMMAND_KEY } from '../detect/effective-command.ts';
import { isSmallImage, openQueries, type PeekScope } from '../detect/open-queries.ts';
import type { UnknownReason, UnknownVerdict, Verdict } from '../detect/verdict.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import type { ImageResult } from '../images/image-result.ts';
import type { Container } from '../pod/pod.ts';
import type { VisitedContainer } from '../pod/visit-containers.ts';
import type { AssessedContainer } from '../policy/facts.ts';

const VERDICT_CACHE_LIMITS = {
  /** Verdicts of one image, which Pods start in few ways. */
  maxPerImage: 16,
  /** Bytes of memory for all verdicts: the image cache does not count commands of Pods. */
  maxBytes: 8 * 1024 * 1024,
  /** Bytes of a verdict with its evidence, beside the key. */
  verdictBytes: 1024,
} as const;

interface CachedVerdict {
  readonly key: string;
  readonly verdict: Verdict;
}

/** Creates a cache of verdicts by image facts and command key. It is emptied when it grows too large. */
function createVerdictCache() {
  const { maxPerImage, maxBytes, verdictBytes } = VERDICT_CACHE_LIMITS;
  // Most images have one verdict, for which a Map would take three times as much memory as a list.
  let verdicts = new WeakMap<ImageFacts, readonly CachedVerdict[]>();
  let bytes = 0;

  function count(more: number): void {
    bytes += more;
    if (bytes <= maxBytes) return;
    verdicts = new WeakMap();
    bytes = more;
  }

  return {
    get: (facts: ImageFacts, key: string): Verdict | undefined =>
      verdicts.get(facts)?.find((cached) => cached.key === key)?.verdict,
    set: (facts: ImageFacts, key: string, verdict: Verdict): void => {
      if ((verdicts.get(facts)?.length ?? 0) >= maxPerImage) return;
      // The command is part of the key, and of the verdict's evidence.
      count(2 * key.length + verdictBytes);
      verdicts.set(facts, (verdicts.get(facts) ?? []).concat({ key, verdict }));
    },
  };
}

const cache = createVerdictCache();

/** Verdicts that the layers may change, with the scope in which they are worth reading. */
const openVerdicts = new WeakMap<Verdict, PeekScope>();

/** Returns why the layers are worth reading before a decision: the image hints at Wasm, or is small. Null if they are not. */
export function peekScopeOf(verdict: Verdict): PeekScope | null {
  return openVerdicts.get(verdict) ?? null;
}

function findPeekScope(facts: ImageFacts, container: Container, { kind }: Verdict): PeekScope | null {
  if (openQueries(facts, container, 'sign') !== null) return 'sign';
  const isSmall = kind === 'container' && isSmallImage(facts);
  return isSmall && openQueries(facts, container, 'small') !== null ? 'small' : null;
}

/** Returns the verdict, which depends on facts and command alone and so is cached for each pair. */
function verdictOf(facts: ImageFacts, container: Container): Verdict {
  const key = commandKey(container);
  const known = cache.get(facts, key);
  if (known !== undefined) return known;
  const found = detectWasm(facts, container);
  // A list that was put together keeps room for sixteen more items, a copy does not.
  const verdict = { ...found, evidence: [...found.evidence] };
  const scope = findPeekScope(facts, container, verdict);
  if (scope !== null) openVerdicts.set(verdict, scope);
  if (key.length <= MAX_COMMAND_KEY) cache.set(facts, key, verdict);
  return verdict;
}

interface UnknownParts {
  readonly reason: UnknownReason;
  readonly detail: string;
  readonly advice?: string | null;
}

function unknownContainer(
  visited: VisitedContainer,
  { reason, detail, advice = null }: UnknownParts,
  isSkipped = false,
): AssessedContainer {
  const image = visited.container.image ?? '';
  const verdict: UnknownVerdict = { kind: 'unknown', reason, detail, advice, evidence: [] };
  return { ...visited, image, verdict, facts: null, isSkipped };
}

export function assessResult(visited: VisitedContainer, result: ImageResult): AssessedContainer {
  if (result.kind === 'failure') return unknownContainer(visited, result);
  const image = visited.container.image ?? '';
  const { facts, stale, knownSince } = result;
  const verdict = verdictOf(facts, visited.container);
  return { ...visited, image, verdict, facts, isSkipped: false, stale, knownSince };
}

/** Assesses a container whose image is on the operator's skip list: wasmgate does not look it up, and reports nothing about it. */
export function assessSkipped(visited: VisitedContainer, pattern: string): AssessedContainer {
  const detail = `"${visited.container.image ?? ''}" is on the skip list (${pattern})`;
  return unknownContainer(visited, { reason: 'denied-by-config', detail }, true);
}

/** Assesses a container of a Pod that has too many. */
export function assessOverLimit(visited: VisitedContainer, count: number, max: number): AssessedContainer {
  const detail = `the Pod has ${count} containers, and wasmgate reads no images of a Pod with more than ${max}`;
  return unknownContainer(visited, { reason: 'too-large', detail, advice: 'Split it into several Pods.' });
}

/** Assesses a container without an image, or with one from the node's own store, which no registry can show. */
export function assessWithoutRegistry(visited: VisitedContainer): AssessedContainer | null {
  const { image, imagePullPolicy } = visited.container;
  if (!image) return unknownContainer(visited, { reason: 'invalid', detail: 'the container names no image' });
  if (imagePullPolicy !== 'Never') return null;
  const detail = `"${image}" comes from the node's own store (imagePullPolicy: Never), so no registry can show what it is`;
  return unknownContainer(visited, { reason: 'denied-by-config', detail });
}
