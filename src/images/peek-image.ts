import type { CommandOverride } from '../detect/effective-command.ts';
import type { LayerQuery } from '../detect/layer-queries.ts';
import { openQueries, type PeekScope } from '../detect/open-queries.ts';
import { sniffFile, SNIFFED_BYTES } from '../image/file-kind.ts';
import {
  NO_MODULES,
  NO_LAYER_CONTENTS,
  type ImageFacts,
  type ImageVariant,
  type LayerContents,
} from '../image/image-facts.ts';
import { INTERFACE_BYTES, readModuleInterface } from '../image/module-interface.ts';
import type { Reference } from '../image/reference.ts';
import { addContents } from './add-contents.ts';
import { createLayerCache } from './layer-listings.ts';
import type { FetchOptions, RegistryPort } from './ports.ts';
import { searchLayers, type PeekBudget } from './search-layers.ts';

/** Limits on what is read of one image's layers and cached of all of them. */
export const PEEK_LIMITS = {
  /** Bytes of layers as stored: one round trip on a slow line, and a Wasm file is mostly the first entry. */
  maxBytes: 256 * 1024,
  /** Bytes of decompressed layers: gzip can expand the stored ones a thousandfold. */
  maxInflatedBytes: 4 * 1024 * 1024,
  /** Requests for one image: Wasm images have one or two layers of their own, above a base image. */
  maxLayers: 16,
  /** Kept for each lower layer, so that a large layer on top does not use up everything: at most half in all. */
  layerReserve: 8 * 1024,
  /** Bytes of memory for layer listings: some thousand ordinary ones. */
  cacheBytes: 8 * 1024 * 1024,
} as const;

export type PeekLimits = { readonly [Key in keyof typeof PEEK_LIMITS]: number };

export interface PeekRequest extends FetchOptions {
  readonly reference: Reference;
  readonly facts: ImageFacts;
  /** What the container would start. */
  readonly override: CommandOverride;
  readonly scope: PeekScope;
}

/**
 * Returns the facts with what the layers show, or the same facts if no query is open. A file not found within the bounds is
 * recorded as hidden, and not searched for again.
 * @throws RegistryFailure if the layers cannot be read
 */
export type PeekImage = (request: PeekRequest) => Promise<ImageFacts>;

interface PeekDeps {
  readonly registry: RegistryPort;
}

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Reads the head of a layer that is one Wasm file. */
async function readWasmLayer(
  { registry }: PeekDeps,
  { layer }: Extract<LayerQuery, { kind: 'layer' }>,
  request: PeekRequest,
): Promise<LayerContents> {
  const key = layer.digest;
  if (layer.size < SNIFFED_BYTES) return { contents: new Map([[key, 'other']]), modules: NO_MODULES };
  const maxBytes = Math.min(layer.size, INTERFACE_BYTES);
  const layerRead = { layer, maxBytes, maxInflatedBytes: null, read: collect };
  const head = await registry.readLayer(request.reference, layerRead, request);
  const content = sniffFile(head);
  return {
    contents: new Map([[key, content]]),
    modules: content === 'module' ? new Map([[key, readModuleInterface(head)]]) : NO_MODULES,
  };
}

export function createPeekImage({ registry }: PeekDeps, options: Partial<PeekLimits> = {}): PeekImage {
  const limits = { ...PEEK_LIMITS, ...options };
  const cache = createLayerCache(limits.cacheBytes);

  return async (request) => {
    const { facts, override, scope } = request;
    const open = openQueries(facts, override, scope);
    if (open === null) return facts;
    const budget: PeekBudget = { bytes: limits.maxBytes, inflatedBytes: limits.maxInflatedBytes };

    async function read(variant: ImageVariant, queries: readonly LayerQuery[]): Promise<LayerContents> {
      const [first] = queries;
      if (first === undefined) return NO_LAYER_CONTENTS;
      if (first.kind === 'layer') return readWasmLayer({ registry }, first, request);
      return searchLayers({ registry, cache, limits }, { queries, variant, request, budget });
    }

    const found: LayerContents[] = [];
    for (const [index, variant] of facts.variants.entries())
      found.push(await read(variant, open[index] ?? []));
    return addContents(facts, found);
  };
}
