import type { LookUp } from '../detect/look-ups.ts';
import type { Content, ImageVariant, Inside } from '../image/image-facts.ts';
import {
  createListing,
  findFile,
  findFolder,
  type LayerListing,
  type Seen,
  type Sighting,
} from '../image/layer-listing.ts';
import type { Descriptor } from '../image/manifest.ts';
import { isTarLayer } from '../image/media-types.ts';
import type { Reference } from '../image/reference.ts';
import { createTarReader } from '../image/tar-reader.ts';
import type { LayerCache } from './layer-cache.ts';
import { createLookPace } from './look-pace.ts';
import type { FetchOptions, RegistryPort } from './ports.ts';

export interface SearchLimits {
  readonly maxLayers: number;
  readonly layerReserve: number;
}

/** What is left for one image, whatever the number of its layers; used up as it is spent. */
export interface PeekBudget {
  bytes: number;
  inflatedBytes: number;
}

interface SearchDeps {
  readonly registry: RegistryPort;
  readonly shelf: LayerCache;
  readonly limits: SearchLimits;
}

export interface LayerSearch {
  readonly lookUps: readonly LookUp[];
  readonly variant: ImageVariant;
  readonly request: FetchOptions & { readonly reference: Reference };
  readonly budget: PeekBudget;
}

/** What nobody can read: encrypted layers, kinds of layers that nodes do not unpack either. */
const UNREADABLE: LayerListing = { nodes: new Map(), removed: new Set(), emptied: new Set(), extent: 'cut' };

interface Progress {
  /** Topmost first. */
  readonly layers: readonly LayerListing[];
  readonly isComplete: boolean;
}

function sight({ layers, isComplete }: Progress, lookUp: LookUp): Seen {
  if (lookUp.kind === 'folder') return findFolder({ layers, isComplete }, lookUp.path);
  if (lookUp.kind !== 'program')
    // Of a host's file only the presence counts, and nobody makes an image to take it away again.
    return findFile({ layers, isComplete, isLenient: true }, lookUp.key);
  // A bare name may stand for several files: the one that is seen is taken, and of several the first.
  let doubt: Seen = { sighting: 'absent' };
  for (const path of lookUp.paths) {
    const seen = findFile({ layers, isComplete }, path);
    const { sighting } = seen;
    if (sighting !== 'absent' && sighting !== 'open' && sighting !== 'hidden') return seen;
    if (sighting === 'open' || doubt.sighting === 'absent') doubt = seen;
  }
  return doubt;
}

/** With a Linux program the look is over: it is no Spin application, whatever lies beside it. */
function isLinuxProgram(sighting: Sighting): boolean {
  return sighting === 'elf' || sighting === 'script';
}

function isSettled(progress: Progress, lookUps: readonly LookUp[]): boolean {
  const sightings = lookUps.map((lookUp) => sight(progress, lookUp).sighting);
  return sightings.some(isLinuxProgram) || !sightings.includes('open');
}

function reserved(below: readonly Descriptor[], { layerReserve, maxLayers }: SearchLimits): number {
  return below.slice(0, maxLayers).reduce((sum, { size }) => sum + Math.min(size, layerReserve), 0);
}

/** Reads a layer until it shows what is wanted, ends, or the bytes are used up. */
async function readListing(
  { registry }: SearchDeps,
  { request, budget }: LayerSearch,
  reading: {
    readonly layer: Descriptor;
    readonly maxBytes: number;
    readonly isEnough: (listing: LayerListing) => boolean;
  },
): Promise<LayerListing> {
  const { layer, maxBytes, isEnough } = reading;
  const read = async (bytes: AsyncIterable<Uint8Array>): Promise<LayerListing> => {
    const reader = createTarReader();
    const { add, listing } = createListing();
    const isTime = createLookPace();
    for await (const chunk of bytes) {
      budget.inflatedBytes -= chunk.byteLength;
      const entries = reader.push(chunk);
      for (const entry of entries) add(entry);
      if (reader.state() === 'end') return listing('whole');
      if (reader.state() === 'broken') return listing('cut');
      if (isTime(chunk.byteLength, entries.length) && isEnough(listing('partial'))) return listing('partial');
    }
    const pending = reader.pending();
    if (pending !== null) add(pending);
    return listing('cut');
  };
  const question = { layer, maxBytes, maxInflatedBytes: budget.inflatedBytes, read };
  return registry.readLayer(request.reference, question, request);
}

/** What is still open was looked for in vain, but where the look was over before: then somebody else may need to know. */
function contentsOf(progress: Progress, lookUps: readonly LookUp[]): Inside {
  const seen = lookUps.map((lookUp) => [lookUp.key, sight(progress, lookUp)] as const);
  const isOver = seen.some(([, { sighting }]) => isLinuxProgram(sighting));
  const contents = new Map(
    seen.flatMap(([key, { sighting }]): readonly (readonly [string, Content])[] => {
      if (sighting !== 'open') return [[key, sighting]];
      return isOver ? [] : [[key, 'hidden']];
    }),
  );
  const modules = new Map(
    seen.flatMap(([key, { module }]) => (module === undefined ? [] : [[key, module] as const])),
  );
  return { contents, modules };
}

/**
 * Looks for files in the layers, from the last, which wins over all before it, to the first, and only as far as it must.
 * @throws RegistryFailure
 */
export async function searchLayers(deps: SearchDeps, search: LayerSearch): Promise<Inside> {
  const { lookUps, variant, request, budget } = search;
  const { shelf, limits } = deps;
  const descending = variant.manifest.layers.toReversed();
  const layers: LayerListing[] = [];

  /** Whether this layer, on what lies above it, shows all that is wanted. */
  const isEnough = (listing: LayerListing): boolean =>
    isSettled({ layers: [...layers, listing], isComplete: layers.length + 1 === descending.length }, lookUps);

  async function list(layer: Descriptor, below: readonly Descriptor[]): Promise<LayerListing> {
    if (!isTarLayer(layer.mediaType)) return UNREADABLE;
    const maxBytes = Math.min(layer.size, budget.bytes - reserved(below, limits));
    const known = shelf.get(request.reference, layer);
    if (known !== undefined && isUsable(known.listing, { isMore: maxBytes > known.maxBytes, isEnough }))
      return known.listing;
    if (maxBytes <= 0 || budget.inflatedBytes <= 0) return UNREADABLE;
    budget.bytes -= maxBytes;
    const listing = await readListing(deps, search, { layer, maxBytes, isEnough });
    shelf.put(request.reference, layer, { listing, maxBytes });
    return listing;
  }

  for (const [index, layer] of descending.entries()) {
    if (index === limits.maxLayers) break;
    layers.push(await list(layer, descending.slice(index + 1)));
    if (isSettled({ layers, isComplete: layers.length === descending.length }, lookUps)) break;
  }
  return contentsOf({ layers, isComplete: layers.length === descending.length }, lookUps);
}

/** What was shelved serves where nothing is missing, it shows what is wanted, or there is no more to be had of it now. */
function isUsable(
  listing: LayerListing,
  { isMore, isEnough }: { readonly isMore: boolean; readonly isEnough: (listing: LayerListing) => boolean },
): boolean {
  if (listing.extent === 'whole') return true;
  return isEnough(listing) || (listing.extent === 'cut' && !isMore);
}
