import { LRUCache } from 'lru-cache';
import { createListing, type LayerListing } from '../image/layer-listing.ts';
import type { Descriptor } from '../image/manifest.ts';
import type { Reference } from '../image/reference.ts';
import { createTarReader } from '../image/tar-reader.ts';

/** A layer's listing, and the bound under which it was read. */
export interface CachedLayer {
  readonly listing: LayerListing;
  readonly maxBytes: number;
}

/**
 * A cache of layer listings. They never expire, because a digest's content never changes. A head cannot be verified against the
 * digest, so a registry could lie about it: the key holds registry and repository, so that it affects no other image.
 */
export interface LayerCache {
  readonly get: (reference: Reference, layer: Descriptor) => CachedLayer | undefined;
  readonly set: (reference: Reference, layer: Descriptor, cached: CachedLayer) => void;
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

/** @param maxSize bytes of memory */
export function createLayerCache(maxSize: number): LayerCache {
  const layers = new LRUCache<string, CachedLayer>({
    maxSize,
    sizeCalculation: (layer, key) => sizeOf(layer) + 2 * key.length,
  });
  return {
    get: (reference, layer) => layers.get(keyOf(reference, layer)),
    set: (reference, layer, cached) => void layers.set(keyOf(reference, layer), cached),
  };
}

/** A layer is checked again when it has grown by this factor: some hundred times if 4 MiB arrive one entry at a time. */
const CHECK_GROWTH = 1.1;

/**
 * Creates a function that reports for each chunk of a layer whether to check the listing: if there are new entries, and enough
 * new bytes. Registries choose the size of the chunks, and each check searches for all queries.
 */
export function createCheckPacing(): (bytes: number, entries: number) => boolean {
  let [seen, next, isNew] = [0, 0, false];
  return (bytes, entries) => {
    seen += bytes;
    isNew ||= entries > 0;
    if (!isNew || seen < next) return false;
    next = seen * CHECK_GROWTH;
    isNew = false;
    return true;
  };
}

interface ListingOptions {
  /** Reports whether the listing so far is enough, so that reading can stop. */
  readonly isEnough: (listing: LayerListing) => boolean;
  /** Called with the size of each chunk. */
  readonly onBytes: (count: number) => void;
}

/** Lists the files of a tar layer until it shows enough, ends, or its bytes end. */
export async function readListing(
  bytes: AsyncIterable<Uint8Array>,
  { isEnough, onBytes }: ListingOptions,
): Promise<LayerListing> {
  const reader = createTarReader();
  const { add, listing } = createListing();
  const isCheckDue = createCheckPacing();
  for await (const chunk of bytes) {
    onBytes(chunk.byteLength);
    const entries = reader.push(chunk);
    for (const entry of entries) add(entry);
    if (reader.state() === 'end') return listing('whole');
    if (reader.state() === 'broken') return listing('cut');
    if (isCheckDue(chunk.byteLength, entries.length) && isEnough(listing('partial')))
      return listing('partial');
  }
  const pending = reader.pending();
  if (pending !== null) add(pending);
  return listing('cut');
}
