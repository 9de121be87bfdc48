import type { Verdict } from '../detect/verdict.ts';
import type { ImageFacts } from '../image/image-facts.ts';

/** Verdicts by what they are about: the facts of an image, and a key for the way in which it is started. */
export interface VerdictMemo {
  readonly find: (facts: ImageFacts, key: string) => Verdict | undefined;
  readonly set: (facts: ImageFacts, key: string, verdict: Verdict) => void;
}

const DEFAULTS = {
  /** Of one image: the few ways in which Pods start it. */
  maxOfImage: 16,
  /** Bytes of memory for all: what Pods say of their commands is not counted among what is remembered of images. */
  maxBytes: 8 * 1024 * 1024,
  /** Of a verdict with its evidence, beside the key. */
  verdictBytes: 1024,
} as const;

/** Those of an image are dropped with its facts; all of them when they have become too many, since each is soon made again. */
export function createVerdictMemo(): VerdictMemo {
  let verdicts = new WeakMap<ImageFacts, Map<string, Verdict>>();
  let bytes = 0;

  function makeRoom(more: number): void {
    bytes += more;
    if (bytes <= DEFAULTS.maxBytes) return;
    verdicts = new WeakMap();
    bytes = more;
  }

  return {
    find: (facts, key) => verdicts.get(facts)?.get(key),
    set: (facts, key, verdict) => {
      if ((verdicts.get(facts)?.size ?? 0) >= DEFAULTS.maxOfImage) return;
      // The command stands in the key, and in the verdict's evidence.
      makeRoom(2 * key.length + DEFAULTS.verdictBytes);
      const ofImage = verdicts.get(facts) ?? new Map<string, Verdict>();
      verdicts.set(facts, ofImage.set(key, verdict));
    },
  };
}
