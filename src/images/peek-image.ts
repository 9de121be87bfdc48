import type { CommandOverride } from '../detect/effective-command.ts';
import type { LookUp } from '../detect/look-ups.ts';
import { addContents, openQuestions, type OpenQuestion, type Scope } from '../detect/open-question.ts';
import { sniffFile, SNIFFED_BYTES } from '../image/file-kind.ts';
import {
  NO_MODULES,
  NOTHING_INSIDE,
  type ImageFacts,
  type ImageVariant,
  type Inside,
} from '../image/image-facts.ts';
import { INTERFACE_BYTES, readModuleInterface } from '../image/module-interface.ts';
import type { Reference } from '../image/reference.ts';
import { createLayerCache } from './layer-cache.ts';
import type { FetchOptions, RegistryPort } from './ports.ts';
import { searchLayers, type PeekBudget } from './search-layers.ts';

/** How far a look inside one image goes, and how much is remembered of all of them. */
export const PEEK_DEFAULTS = {
  /** Of layers as the registry has them: one round trip on a slow line, and a Wasm file is mostly the first entry. */
  maxBytes: 256 * 1024,
  /** Of what comes out of them: what gzip at its best would make of that is a thousand times more. */
  maxInflatedBytes: 4 * 1024 * 1024,
  /** Requests for one image: Wasm images have one or two layers; what is below that is a base image. */
  maxLayers: 16,
  /** Kept for each layer further down, so that one large layer on top does not use up everything: half of it at most. */
  layerReserve: 8 * 1024,
  /** Bytes of memory for what layers showed: some thousand ordinary ones. */
  shelfBytes: 8 * 1024 * 1024,
} as const;

export type PeekLimits = { readonly [Key in keyof typeof PEEK_DEFAULTS]: number };

export interface PeekRequest extends FetchOptions {
  readonly reference: Reference;
  readonly facts: ImageFacts;
  /** What the container would start. */
  readonly override: CommandOverride;
  readonly scope: Scope;
}

/**
 * The facts with what a look inside the layers showed; the same facts where nothing is open. What could not be seen within
 * the bounds is noted as hidden, and not looked for again.
 * @throws RegistryFailure for whatever kept us from looking
 */
export type PeekImage = (request: PeekRequest) => Promise<ImageFacts>;

interface PeekDeps {
  readonly registry: RegistryPort;
}

async function headOf(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What a Wasm layer's own first bytes say. */
async function readLayerHead(
  { registry }: PeekDeps,
  { layer }: Extract<LookUp, { kind: 'layer' }>,
  request: PeekRequest,
): Promise<Inside> {
  const key = layer.digest;
  if (layer.size < SNIFFED_BYTES) return { contents: new Map([[key, 'other']]), modules: NO_MODULES };
  const maxBytes = Math.min(layer.size, INTERFACE_BYTES);
  const question = { layer, maxBytes, maxInflatedBytes: null, read: headOf };
  const head = await registry.readLayer(request.reference, question, request);
  const content = sniffFile(head);
  return {
    contents: new Map([[key, content]]),
    modules: content === 'module' ? new Map([[key, readModuleInterface(head)]]) : NO_MODULES,
  };
}

export function createPeekImage(deps: PeekDeps, options: Partial<PeekLimits> = {}): PeekImage {
  const limits = { ...PEEK_DEFAULTS, ...options };
  const shelf = createLayerCache(limits.shelfBytes);

  async function answer(
    { lookUps }: OpenQuestion,
    variant: ImageVariant,
    { request, budget }: { readonly request: PeekRequest; readonly budget: PeekBudget },
  ): Promise<Inside> {
    const [first] = lookUps;
    if (first?.kind === 'layer') return readLayerHead(deps, first, request);
    return searchLayers({ registry: deps.registry, shelf, limits }, { lookUps, variant, request, budget });
  }

  return async (request) => {
    const { facts, override, scope } = request;
    const questions = openQuestions(facts, override, scope);
    if (questions === null) return facts;
    const budget: PeekBudget = { bytes: limits.maxBytes, inflatedBytes: limits.maxInflatedBytes };
    const found: Inside[] = [];
    for (const [index, variant] of facts.variants.entries()) {
      const question = questions[index] ?? null;
      found.push(question === null ? NOTHING_INSIDE : await answer(question, variant, { request, budget }));
    }
    return addContents(facts, found);
  };
}
