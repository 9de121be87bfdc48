import { OWNER_CONSEQUENCES, ownerKey, type OwnerConsequence, type UnjudgedOwner } from './unjudged-owner.ts';

const STORE_LIMITS = {
  /** A cluster of 5,000 nodes has some 2,000 workloads, few of which start Pods with new images during an outage. */
  maxOwners: 1_000,
  /** Some 900 bytes each: names and image references. */
  maxBytes: 1024 * 1024,
} as const;

export type OwnerStoreOptions = { readonly [Key in keyof typeof STORE_LIMITS]?: number };

/** A store of owners, bounded in number and bytes. If it is full, the namespace that holds most loses its newest owner. */
export interface OwnerStore {
  readonly get: (key: string) => UnjudgedOwner | undefined;
  readonly set: (owner: UnjudgedOwner) => void;
  readonly delete: (key: string) => void;
  /** In insertion order. */
  readonly owners: () => Iterable<UnjudgedOwner>;
  /** Counts Pods by consequence. */
  readonly pods: () => ReadonlyMap<OwnerConsequence, number>;
}

/** Bytes of the object itself, its lists and numbers, beside the characters of its texts. */
const OWNER_BYTES = 384;

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0);
}

/** Estimates the memory of an owner. All its texts are ASCII, one byte a character. */
function bytesOf({ namespace, reference, deployment, pod, newest, ...lists }: UnjudgedOwner): number {
  const { apiVersion, kind, name, uid } = reference;
  const own = [namespace, apiVersion, kind, name, uid, deployment ?? ''];
  const pods = [pod.name, pod.uid, newest.name, newest.uid];
  const { images, pullSecrets, reported } = lists;
  return OWNER_BYTES + lengthOf([...own, ...pods, ...images, ...pullSecrets, ...reported]);
}

interface Usage {
  readonly count: number;
  readonly bytes: number;
}

const NO_USAGE: Usage = { count: 0, bytes: 0 };

/** @param onDropped called for each owner that does not fit */
export function createOwnerStore(onDropped: () => void, options: OwnerStoreOptions = {}): OwnerStore {
  const { maxOwners, maxBytes } = { ...STORE_LIMITS, ...options };
  const byKey = new Map<string, UnjudgedOwner>();
  const byNamespace = new Map<string, Usage>();
  let bytes = 0;

  function account({ namespace }: UnjudgedOwner, count: number, change: number): void {
    const usage = byNamespace.get(namespace) ?? NO_USAGE;
    const next = { count: usage.count + count, bytes: usage.bytes + change };
    if (next.count === 0) byNamespace.delete(namespace);
    else byNamespace.set(namespace, next);
    bytes += change;
  }

  function remove(key: string): void {
    const known = byKey.get(key);
    if (known === undefined) return;
    byKey.delete(key);
    account(known, -1, -bytesOf(known));
  }

  /** Returns the namespace with the most bytes; owners have about the same size. */
  function largestNamespace(): string {
    const [name] = [...byNamespace].reduce(
      (most, one) => (one[1].bytes > most[1].bytes ? one : most),
      ['', NO_USAGE],
    );
    return name;
  }

  function isFull(): boolean {
    return byKey.size > maxOwners || bytes > maxBytes;
  }

  function evict(): void {
    while (isFull()) {
      const namespace = largestNamespace();
      const newest = [...byKey].findLast(([, owner]) => owner.namespace === namespace);
      if (newest === undefined) return;
      remove(newest[0]);
      onDropped();
    }
  }

  return {
    get: (key) => byKey.get(key),
    set: (owner) => {
      const key = ownerKey(owner);
      const known = byKey.get(key);
      if (known !== undefined) account(known, -1, -bytesOf(known));
      // A known key keeps its position.
      byKey.set(key, owner);
      account(owner, 1, bytesOf(owner));
      evict();
    },
    delete: remove,
    owners: () => byKey.values(),
    pods: () => {
      const counts = new Map<OwnerConsequence, number>(OWNER_CONSEQUENCES.map((one) => [one, 0]));
      for (const { consequence, pods } of byKey.values())
        counts.set(consequence, (counts.get(consequence) ?? 0) + pods);
      return counts;
    },
  };
}
