import { Type, type Static } from 'typebox';
import type { Scenario } from '../policy/settings.ts';

/** How long the catalog keeps results, in milliseconds, how much it keeps, and how much it looks up at a time. */
export const CATALOG_LIMITS = {
  /** A tag may move at any time; people accept a delay of five minutes without asking why. */
  tagTtl: 5 * 60_000,
  /** Zero means forever: a digest never changes, so its result is only evicted to make room. */
  digestTtl: 0,
  /** Long enough for a burst of retries, short enough that a pushed image or a fixed secret takes effect soon. */
  failureTtl: 10_000,
  /**
   * For `unreachable` and `timeout`: the registry client itself backs off and probes once a second, so this only smooths
   * bursts. With it, no result outlives an outage by more than 2 s.
   */
  outageTtl: 500,
  /** Precision of these times. The clock is read that often at most, so that a cache hit costs one map lookup. */
  ttlResolution: 250,
  /** How long a stale result serves before the next lookup. */
  staleTtl: 30_000,
  /** A lookup outlives the admission that started it, so that a retry finds its result, but not this time. */
  lookupTimeout: 30_000,
  /** Some 2.6 KiB each with keys and verdicts, if they have six layers (npm run bench -- images): 26 MiB when full. */
  maxEntries: 10_000,
  /**
   * Bytes of memory: registries choose what they send, and the Deployment grants 256 MiB for everything. The estimate counts
   * what images share for each of them: 3.3 KiB for an image of six layers, so that `maxEntries` of them fit.
   */
  maxBytes: 36 * 1024 * 1024,
  /** The largest real configs are some 100 KiB. A larger result is returned, but not cached. */
  maxEntryBytes: 1024 * 1024,
  /** Distinct images that one namespace may look up at a time; the Pods of a large rollout name a few new ones. */
  lookupsPerNamespace: 32,
  /** Lookups of all namespaces that hold a slot (fair-queue.ts). What they read must fit into memory together. */
  concurrentLookups: 64,
  /** Lookups that wait for a slot: each holds an image's name and little more. */
  waitingLookups: 512,
  /**
   * Milliseconds before a namespace without a slot may preempt a lookup. If a popular registry hangs, as many namespaces wait
   * for it as there are slots. A Pod of another registry has 5 s in our manifests, and needs half of them for its own lookup.
   */
  preemptAfter: 2_500,
} as const;

export type CatalogOptions = { readonly [Key in keyof typeof CATALOG_LIMITS]?: number };

/** A month: images by digest, which are kept for good, serve longer needs. */
const MAX_SECONDS = 30 * 24 * 60 * 60;

function seconds(milliseconds: number, description: string) {
  return Type.Integer({ default: milliseconds / 1000, minimum: 1, maximum: MAX_SECONDS, description });
}

/** Section `images` of the configuration file. */
export const imageSettings = Type.Object(
  {
    tagSeconds: seconds(
      CATALOG_LIMITS.tagTtl,
      'How long a lookup by tag is cached before wasmgate asks the registry whether the tag has moved. A lookup by digest never expires.',
    ),
    staleSeconds: seconds(
      CATALOG_LIMITS.staleTtl,
      'How long an expired result serves while the registry is unreachable, before wasmgate tries again.',
    ),
    failureSeconds: seconds(CATALOG_LIMITS.failureTtl, 'How long a failed lookup is cached.'),
  },
  { additionalProperties: false, default: {} },
);

export type ImageSettings = Static<typeof imageSettings>;

export function catalogOptions({ tagSeconds, staleSeconds, failureSeconds }: ImageSettings): CatalogOptions {
  return { tagTtl: tagSeconds * 1000, staleTtl: staleSeconds * 1000, failureTtl: failureSeconds * 1000 };
}

/** Defaults that a scenario sets if the configuration file does not. */
export const IMAGE_SCENARIOS: { readonly [Name in Scenario]?: Partial<ImageSettings> } = {
  edge: {
    // wasmgate notices a moved tag a day later: a disconnected node could not pull it either.
    tagSeconds: 86_400,
    // Not every Pod retries an unsteady link.
    staleSeconds: 600,
  },
};
