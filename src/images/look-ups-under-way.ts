/** One look-up that a namespace has under way. */
export interface LookUpUnderWay {
  /** In milliseconds of the monotonic clock. */
  readonly startedAt: number;
}

/**
 * Which look-ups each namespace has under way. Look-ups outlive the admission that asked, and whoever can create a Pod can
 * name thousands of images in it, on a registry that never answers: without a bound the namespaces share one memory and one
 * queue at the registry, and one of them could take it all.
 */
export interface LookUpsUnderWay {
  /** Whether this one may start: it is under way already, or there is room for it. */
  readonly hasRoom: (namespace: string, key: string) => boolean;
  readonly find: (namespace: string, key: string) => LookUpUnderWay | undefined;
  /** Takes up room until the work is done, however it ends. Returns the look-up that is under way under this key. */
  readonly add: (namespace: string, key: string, work: Promise<unknown>) => LookUpUnderWay;
}

export function createLookUpsUnderWay(mostOfNamespace: number): LookUpsUnderWay {
  const underWay = new Map<string, Map<string, LookUpUnderWay>>();

  function remove(namespace: string, key: string): void {
    const lookUps = underWay.get(namespace);
    lookUps?.delete(key);
    if (lookUps?.size === 0) underWay.delete(namespace);
  }

  return {
    hasRoom: (namespace, key) => {
      const lookUps = underWay.get(namespace);
      return lookUps === undefined || lookUps.has(key) || lookUps.size < mostOfNamespace;
    },
    find: (namespace, key) => underWay.get(namespace)?.get(key),
    add: (namespace, key, work) => {
      const lookUps = underWay.get(namespace) ?? new Map<string, LookUpUnderWay>();
      const known = lookUps.get(key);
      if (known !== undefined) return known;
      const started: LookUpUnderWay = { startedAt: performance.now() };
      underWay.set(namespace, lookUps.set(key, started));
      void Promise.allSettled([work]).then(() => remove(namespace, key));
      return started;
    },
  };
}
