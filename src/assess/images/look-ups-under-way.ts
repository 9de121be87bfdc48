/**
 * Which look-ups each namespace has under way. Look-ups outlive the admission that asked, and whoever can create a Pod can
 * name thousands of images in it, on a registry that never answers: without a bound the namespaces share one memory and one
 * queue at the registry, and one of them could take it all.
 */
export interface LookUpsUnderWay {
  /** Whether this one may start: it is under way already, or there is room for it. */
  readonly hasRoom: (namespace: string, key: string) => boolean;
  /** Takes up room until the work is done, however it ends. Never rejects. */
  readonly add: (namespace: string, key: string, work: Promise<unknown>) => Promise<void>;
}

export function createLookUpsUnderWay(mostOfNamespace: number): LookUpsUnderWay {
  const underWay = new Map<string, Set<string>>();

  function remove(namespace: string, key: string): void {
    const keys = underWay.get(namespace);
    keys?.delete(key);
    if (keys?.size === 0) underWay.delete(namespace);
  }

  return {
    hasRoom: (namespace, key) => {
      const keys = underWay.get(namespace);
      return keys === undefined || keys.has(key) || keys.size < mostOfNamespace;
    },
    add: async (namespace, key, work) => {
      const keys = underWay.get(namespace) ?? new Set();
      if (keys.has(key)) return;
      underWay.set(namespace, keys.add(key));
      await Promise.allSettled([work]);
      remove(namespace, key);
    },
  };
}
