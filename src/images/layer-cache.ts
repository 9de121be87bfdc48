import { LRUCache } from 'lru-cache';
import type { LayerListing } from '../image/layer-listing.ts';
import type { Descriptor } from '../image/manifest.ts';
import type { Reference } from '../image/reference.ts';

/** What a layer showed, and how much of it could be read at most. */
export interface CachedLayer {
  readonly listing: LayerListing;
  readonly maxBytes: number;
}

/**
 * What layers showed, for good: a digest's content never changes. But a head is not checked against its digest, so that a
 * registry could lie about it; therefore the key holds whose word it is, and no other repository's image is judged by it.
 */
export interface LayerCache {
  readonly get: (reference: Reference, layer: Descriptor) => CachedLayer | undefined;
  readonly put: (reference: Reference, layer: Descriptor, shelved: CachedLayer) => void;
}

/** Bytes of a map's entry beside its key, a generous estimate. */
const ENTRY_BYTES = 100;

function sizeOf({ listing: { nodes, removed, emptied } }: CachedLayer): number {
  let size = ENTRY_BYTES;
  for (const paths of [nodes.keys(), removed, emptied]) {
    for (const path of paths) size += ENTRY_BYTES + 2 * path.length;
  }
  for (const node of nodes.values()) {
    const imports = node.kind === 'file' ? (node.module?.imports ?? []) : [];
    for (const { module, name } of imports) size += ENTRY_BYTES + 2 * (module.length + name.length);
  }
  return size;
}

function keyOf({ registry, repository }: Reference, { digest }: Descriptor): string {
  return `${registry}/${repository}@${digest}`;
}

export function createLayerCache(maxSize: number): LayerCache {
  const layers = new LRUCache<string, CachedLayer>({
    maxSize,
    sizeCalculation: (layer, key) => sizeOf(layer) + 2 * key.length,
  });
  return {
    get: (reference, layer) => layers.get(keyOf(reference, layer)),
    put: (reference, layer, shelved) => void layers.set(keyOf(reference, layer), shelved),
  };
}
