import { LRUCache } from 'lru-cache';
import { parseReference } from '../image/reference.ts';
import type { ImageQuestion } from './image-answer.ts';
import type { LookUpUnderWay } from './look-ups-under-way.ts';

/** How long an admission waits for an image: as long as it has time, or no longer than is worth while. */
export type Patience = 'whole' | 'bounded';

export const WAIT_BOUNDS = {
  /** What the manifests give to both calls of one admission: 4.5 s for the mutating one and 2.5 s for the validating one. */
  lookUpMilliseconds: 7_000,
  /** A registry that answers at all mostly answers within it. */
  shortMilliseconds: 500,
  /** Look-ups that ran out of time before a namespace's Pods stop waiting for this host. One may be a single slow image. */
  timeoutsBeforeShort: 2,
  /** For how long these count. */
  memoryMilliseconds: 60_000,
  /** Namespaces × hosts that are remembered, at some 200 bytes each. */
  maxHosts: 1_000,
  /** Bytes of memory: hosts in references are up to 800 characters long. */
  maxHostBytes: 512 * 1024,
  /** Bytes of one entry, beside its key. */
  hostBytes: 256,
} as const;

export type WaitOptions = { readonly [Key in keyof typeof WAIT_BOUNDS]?: number };

interface WaitDeps {
  /** Reports whether no endpoint of the image's registry can be reached now. */
  readonly isUnreachable: (image: string) => boolean;
}

/**
 * Bounds what a hanging registry costs Pods without any sign of Wasm. All that wait for one image share the budget of its look-up,
 * and once look-ups at its host keep running out of time, each waits for a moment only.
 */
export interface WaitLimits {
  /** Milliseconds, `Infinity` for no bound. @param underWay the look-up that the admission would join */
  readonly most: (question: ImageQuestion, underWay: LookUpUnderWay | undefined) => number;
  /** Counts a look-up whose admission had waited with all its time; each counts once. */
  readonly noteTimeout: (question: ImageQuestion, lookUp: LookUpUnderWay) => void;
}

interface TimedOut {
  readonly lookUp: LookUpUnderWay;
  readonly at: number;
}

/** Per namespace: what one tenant's images do must not shorten the wait of another. */
function keyOf({ namespace, image }: ImageQuestion): string {
  return `${namespace}/${parseReference(image).registry}`;
}

export function createWaitLimits({ isUnreachable }: WaitDeps, options: WaitOptions = {}): WaitLimits {
  const settings = { ...WAIT_BOUNDS, ...options };
  const { lookUpMilliseconds, shortMilliseconds, timeoutsBeforeShort, memoryMilliseconds } = settings;
  /** Latest last, no more than count. */
  const timeouts = new LRUCache<string, readonly TimedOut[]>({
    max: settings.maxHosts,
    maxSize: settings.maxHostBytes,
    sizeCalculation: (_timeouts, key) => key.length + settings.hostBytes,
  });

  function isSlow(question: ImageQuestion): boolean {
    const since = performance.now() - memoryMilliseconds;
    const recent = timeouts.get(keyOf(question))?.filter(({ at }) => at >= since) ?? [];
    return recent.length >= timeoutsBeforeShort || isUnreachable(question.image);
  }

  return {
    most: (question, underWay) => {
      const bound = isSlow(question) ? shortMilliseconds : Infinity;
      if (underWay === undefined) return bound;
      return Math.max(0, Math.min(bound, underWay.startedAt + lookUpMilliseconds - performance.now()));
    },
    noteTimeout: (question, lookUp) => {
      const key = keyOf(question);
      const known = timeouts.get(key) ?? [];
      if (known.some((one) => one.lookUp === lookUp)) return;
      timeouts.set(key, [...known, { lookUp, at: performance.now() }].slice(-timeoutsBeforeShort));
    },
  };
}
