/** How long an answer holds, in milliseconds, and how much is remembered. */
export const CATALOG_DEFAULTS = {
  /** A tag may move at any time; five minutes is what people wait for without asking why. */
  tagTtl: 5 * 60_000,
  /** A digest never changes: such an answer leaves only for want of room. */
  digestTtl: 0,
  /** Long enough to answer a burst of retries, short enough that a pushed image or a mended secret is seen at once. */
  failureTtl: 10_000,
  /**
   * For `unreachable` and `timeout`: the registry client backs off itself and probes once a second, so that this only takes
   * the edge off a burst. With it, no answer outlives an outage by more than 2 s.
   */
  outageTtl: 500,
  /** How exactly times to live are kept: the clock is read that often at most, so that a fresh answer costs a map look-up. */
  ttlResolution: 250,
  /** How long a stale answer serves before the registry is asked again. */
  staleTtl: 30_000,
  /** A look-up outlives the admission that asked, to be there for the retry; this ends it all the same. */
  lookUpTimeout: 30_000,
  /** Some 2 KiB each: about 20 MiB when full. */
  maxEntries: 10_000,
  /** Bytes of memory: what registries send is theirs to choose, and the Deployment grants 256 MiB for everything. */
  maxBytes: 24 * 1024 * 1024,
  /** The largest real configs are some 100 KiB; an answer above this is given, but not kept. */
  maxEntryBytes: 1024 * 1024,
  /** Distinct images that one namespace may be looking up at a time; the Pods of a large rollout name a few new ones. */
  lookUpsOfNamespace: 32,
  /** Look-ups of all namespaces that hold a slot (fair-queue.ts). What they read must fit into memory together. */
  lookUpsAtOnce: 64,
  /** That wait for their turn: each holds an image's name and little more. */
  lookUpsWaiting: 512,
  /**
   * A look-up is safe that long from a namespace that has none. Where a registry hangs that everybody uses, as many namespaces
   * wait for it as there are turns; who asks another registry has 5 s in our manifests, and half of them for its own.
   */
  lookUpLongest: 2_500,
} as const;

export type CatalogOptions = { readonly [Key in keyof typeof CATALOG_DEFAULTS]?: number };
