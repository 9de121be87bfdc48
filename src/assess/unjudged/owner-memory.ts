import {
  bytesOf,
  OWNER_CONSEQUENCES,
  ownerKey,
  type OwnerConsequence,
  type UnjudgedOwner,
} from './unjudged-owner.ts';

const OWNER_LIMITS = {
  /** A cluster of 5,000 nodes has some 2,000 workloads; in an outage few of them start Pods of new images. */
  maxOwners: 1_000,
  /** Some 900 bytes each: names and image references. */
  maxBytes: 1024 * 1024,
} as const;

export type OwnerMemoryOptions = { readonly [Key in keyof typeof OWNER_LIMITS]?: number };

/** Owners by key, bounded in number and bytes; if there is no room, the namespace that holds most loses its newest. */
export interface OwnerMemory {
  readonly get: (key: string) => UnjudgedOwner | undefined;
  readonly put: (owner: UnjudgedOwner) => void;
  readonly remove: (key: string) => void;
  /** In the order in which they came. */
  readonly owners: () => Iterable<UnjudgedOwner>;
  /** Pods by consequence. */
  readonly pods: () => ReadonlyMap<OwnerConsequence, number>;
}

interface Held {
  readonly count: number;
  readonly bytes: number;
}

const NONE: Held = { count: 0, bytes: 0 };

/** @param onDropped called for each owner for which there is no room */
export function createOwnerMemory(onDropped: () => void, options: OwnerMemoryOptions = {}): OwnerMemory {
  const { maxOwners, maxBytes } = { ...OWNER_LIMITS, ...options };
  const byKey = new Map<string, UnjudgedOwner>();
  const byNamespace = new Map<string, Held>();
  let bytes = 0;

  function account({ namespace }: UnjudgedOwner, count: number, change: number): void {
    const held = byNamespace.get(namespace) ?? NONE;
    const next = { count: held.count + count, bytes: held.bytes + change };
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

  /** By bytes, of which owners have much the same. */
  function fullest(): string {
    const [name] = [...byNamespace].reduce(
      (most, one) => (one[1].bytes > most[1].bytes ? one : most),
      ['', NONE],
    );
    return name;
  }

  function hasRoom(): boolean {
    return byKey.size <= maxOwners && bytes <= maxBytes;
  }

  function makeRoom(): void {
    while (!hasRoom()) {
      const namespace = fullest();
      const newest = [...byKey].findLast(([, owner]) => owner.namespace === namespace);
      if (newest === undefined) return;
      remove(newest[0]);
      onDropped();
    }
  }

  return {
    get: (key) => byKey.get(key),
    put: (owner) => {
      const key = ownerKey(owner);
      const known = byKey.get(key);
      if (known !== undefined) account(known, -1, -bytesOf(known));
      // A known key keeps its place.
      byKey.set(key, owner);
      account(owner, 1, bytesOf(owner));
      makeRoom();
    },
    remove,
    owners: () => byKey.values(),
    pods: () => {
      const counts = new Map<OwnerConsequence, number>(OWNER_CONSEQUENCES.map((one) => [one, 0]));
      for (const { consequence, pods } of byKey.values())
        counts.set(consequence, (counts.get(consequence) ?? 0) + pods);
      return counts;
    },
  };
}
