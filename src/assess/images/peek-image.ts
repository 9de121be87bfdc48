import type { CommandOverride } from '../../detect/effective-command.ts';
import type { LookUp } from '../../detect/look-ups.ts';
import { addContents, openQuestions, type OpenQuestion, type Scope } from '../../detect/open-question.ts';
import { sniffFile, SNIFFED_BYTES } from '../../image/file-kind.ts';
import {
  NO_CONTENTS,
  type Content,
  type Contents,
  type ImageFacts,
  type ImageVariant,
} from '../../image/image-facts.ts';
import type { Reference } from '../../image/reference.ts';
import type { FetchOptions, RegistryPort } from '../ports.ts';
import { createLayerShelf } from './layer-shelf.ts';
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
  shelfBytes: 16 * 1024 * 1024,
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

/** A Wasm layer's own first bytes. */
async function readLayerHead(
  { registry }: PeekDeps,
  { layer }: Extract<LookUp, { kind: 'layer' }>,
  request: PeekRequest,
): Promise<Content> {
  if (layer.size < SNIFFED_BYTES) return 'other';
  const question = { layer, maxBytes: SNIFFED_BYTES, maxInflatedBytes: null, look: headOf };
  return sniffFile(await registry.readLayer(request.reference, question, request));
}

export function createPeekImage(deps: PeekDeps, options: Partial<PeekLimits> = {}): PeekImage {
  const limits = { ...PEEK_DEFAULTS, ...options };
  const shelf = createLayerShelf(limits.shelfBytes);

  async function answer(
    { lookUps }: OpenQuestion,
    variant: ImageVariant,
    { request, budget }: { readonly request: PeekRequest; readonly budget: PeekBudget },
  ): Promise<Contents> {
    const [first] = lookUps;
    if (first?.kind === 'layer') return new Map([[first.key, await readLayerHead(deps, first, request)]]);
    return searchLayers({ registry: deps.registry, shelf, limits }, { lookUps, variant, request, budget });
  }

  return async (request) => {
    const { facts, override, scope } = request;
    const questions = openQuestions(facts, override, scope);
    if (questions === null) return facts;
    const budget: PeekBudget = { bytes: limits.maxBytes, inflatedBytes: limits.maxInflatedBytes };
    const found: Contents[] = [];
    for (const [index, variant] of facts.variants.entries()) {
      const question = questions[index] ?? null;
      found.push(question === null ? NO_CONTENTS : await answer(question, variant, { request, budget }));
    }
    return addContents(facts, found);
  };
}
