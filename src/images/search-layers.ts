import type { LayerQuery } from '../detect/layer-queries.ts';
import type { Content, ImageVariant, LayerContents } from '../image/image-facts.ts';
import { findFile, findFolder, type LayerListing, type Seen, type Sighting } from '../image/layer-listing.ts';
import type { Descriptor } from '../image/manifest.ts';
import { isTarLayer } from '../image/media-types.ts';
import type { Reference } from '../image/reference.ts';
import { readListing, type LayerCache } from './layer-listings.ts';
import type { FetchOptions, RegistryPort } from './ports.ts';

export interface SearchLimits {
  readonly maxLayers: number;
  readonly layerReserve: number;
}

/** Bytes left to read of one image, whatever its number of layers. Reading reduces them. */
export interface PeekBudget {
  bytes: number;
  inflatedBytes: number;
}

interface SearchDeps {
  readonly registry: RegistryPort;
  readonly cache: LayerCache;
  readonly limits: SearchLimits;
}

export interface LayerSearch {
  readonly queries: readonly LayerQuery[];
  readonly variant: ImageVariant;
  readonly request: FetchOptions & { readonly reference: Reference };
  readonly budget: PeekBudget;
}

/** The listing of a layer that cannot be read: it is encrypted, or of a kind that nodes do not unpack either. */
const UNREADABLE: LayerListing = { nodes: new Map(), removed: new Set(), emptied: new Set(), extent: 'cut' };

interface Progress {
  /** Topmost first. */
  readonly layers: readonly LayerListing[];
  readonly isComplete: boolean;
}

function find({ layers, isComplete }: Progress, query: LayerQuery): Seen {
  if (query.kind === 'folder') return findFolder({ layers, isComplete }, query.path);
  if (query.kind !== 'program')
    // For a host's file only its presence counts: no image is built to remove it again.
    return findFile({ layers, isComplete, isLenient: true }, query.key);
  // A bare name may stand for several files: the first one that is there counts.
  let uncertain: Seen = { sighting: 'absent' };
  for (const path of query.paths) {
    const seen = findFile({ layers, isComplete }, path);
    const { sighting } = seen;
    if (sighting !== 'absent' && sighting !== 'open' && sighting !== 'hidden') return seen;
    if (sighting === 'open' || uncertain.sighting === 'absent') uncertain = seen;
  }
  return uncertain;
}

/** Reports whether this ends the search: the image of a Linux program is no Spin application, whatever else it holds. */
function isLinuxProgram(sighting: Sighting): boolean {
  return sighting === 'elf' || sighting === 'script';
}

function isSettled(progress: Progress, queries: readonly LayerQuery[]): boolean {
  const sightings = queries.map((query) => find(progress, query).sighting);
  return sightings.some(isLinuxProgram) || !sightings.includes('open');
}

/** Returns the bytes to keep for the layers below. */
function reserveFor(below: readonly Descriptor[], { layerReserve, maxLayers }: SearchLimits): number {
  return below.slice(0, maxLayers).reduce((sum, { size }) => sum + Math.min(size, layerReserve), 0);
}

/** Returns the results. Open ones count as hidden, unless a Linux program ended the search early: another Pod may need them. */
function contentsOf(progress: Progress, queries: readonly LayerQuery[]): LayerContents {
  const seen = queries.map((query) => [query.key, find(progress, query)] as const);
  const endedEarly = seen.some(([, { sighting }]) => isLinuxProgram(sighting));
  const contents = new Map(
    seen.flatMap(([key, { sighting }]): readonly (readonly [string, Content])[] => {
      if (sighting !== 'open') return [[key, sighting]];
      return endedEarly ? [] : [[key, 'hidden']];
    }),
  );
  const modules = new Map(
    seen.flatMap(([key, { module }]) => (module === undefined ? [] : [[key, module] as const])),
  );
  return { contents, modules };
}

/**
 * Searches the layers for files, from the last, which overrides all others, to the first, and no further than necessary.
 * @throws RegistryFailure
 */
export async function searchLayers(deps: SearchDeps, search: LayerSearch): Promise<LayerContents> {
  const { queries, variant, request, budget } = search;
  const { registry, cache, limits } = deps;
  const descending = variant.manifest.layers.toReversed();
  const layers: LayerListing[] = [];

  /** Reports whether this layer, together with those above it, answers all queries. */
  const isEnough = (listing: LayerListing): boolean =>
    isSettled({ layers: [...layers, listing], isComplete: layers.length + 1 === descending.length }, queries);

  async function list(layer: Descriptor, below: readonly Descriptor[]): Promise<LayerListing> {
    if (!isTarLayer(layer.mediaType)) return UNREADABLE;
    const maxBytes = Math.min(layer.size, budget.bytes - reserveFor(below, limits));
    const known = cache.get(request.reference, layer);
    if (known !== undefined && isUsable(known.listing, { isMore: maxBytes > known.maxBytes, isEnough }))
      return known.listing;
    if (maxBytes <= 0 || budget.inflatedBytes <= 0) return UNREADABLE;
    budget.bytes -= maxBytes;
    const read = (bytes: AsyncIterable<Uint8Array>): Promise<LayerListing> =>
      readListing(bytes, { isEnough, onBytes: (count) => void (budget.inflatedBytes -= count) });
    const layerRead = { layer, maxBytes, maxInflatedBytes: budget.inflatedBytes, read };
    const listing = await registry.readLayer(request.reference, layerRead, request);
    cache.set(request.reference, layer, { listing, maxBytes });
    return listing;
  }

  for (const [index, layer] of descending.entries()) {
    if (index === limits.maxLayers) break;
    layers.push(await list(layer, descending.slice(index + 1)));
    if (isSettled({ layers, isComplete: layers.length === descending.length }, queries)) break;
  }
  return contentsOf({ layers, isComplete: layers.length === descending.length }, queries);
}

/** Reports whether a cached listing is whole, shows enough, or could not be read further now. */
function isUsable(
  listing: LayerListing,
  { isMore, isEnough }: { readonly isMore: boolean; readonly isEnough: (listing: LayerListing) => boolean },
): boolean {
  if (listing.extent === 'whole') return true;
  return isEnough(listing) || (listing.extent === 'cut' && !isMore);
}
