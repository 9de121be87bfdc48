import {
  NO_CONTENTS,
  NO_LAYER_CONTENTS,
  NO_MODULES,
  type ImageFacts,
  type ImageVariant,
  type LayerContents,
} from '../image/image-facts.ts';

/** Pods may query any number of files of one image. At this many, all are dropped, and read again if needed. */
const MAX_CONTENTS = 32;

function withContents(variant: ImageVariant, { contents, modules }: LayerContents): ImageVariant {
  const isFull = variant.contents.size >= MAX_CONTENTS;
  const known = isFull ? NO_CONTENTS : variant.contents;
  const knownModules = isFull || variant.modules === undefined ? NO_MODULES : variant.modules;
  return {
    ...variant,
    contents: new Map([...known, ...contents]),
    modules: new Map([...knownModules, ...modules]),
  };
}

/** Adds what the layers show. @param found one element for each variant */
export function addContents(facts: ImageFacts, found: readonly LayerContents[]): ImageFacts {
  const [first, ...others] = facts.variants;
  const add = (variant: ImageVariant, index: number): ImageVariant =>
    withContents(variant, found[index] ?? NO_LAYER_CONTENTS);
  return { ...facts, variants: [add(first, 0), ...others.map((other, index) => add(other, index + 1))] };
}

function lacks(
  { contents }: Pick<LayerContents, 'contents'>,
  other: Pick<LayerContents, 'contents'>,
): boolean {
  return [...other.contents.keys()].some((key) => !contents.has(key));
}

/**
 * Returns the facts with what is known of the layers of the same image from elsewhere; the same object if that adds nothing, or
 * more than is kept.
 */
export function mergeContents(facts: ImageFacts, other: ImageFacts): ImageFacts {
  const pairs = facts.variants.map((variant, index) => [variant, other.variants[index] ?? variant] as const);
  const isFull = pairs.some(([own, more]) => own.contents.size + more.contents.size > MAX_CONTENTS);
  if (isFull || !pairs.some(([own, more]) => lacks(own, more))) return facts;
  return addContents(
    facts,
    pairs.map(([, { contents, modules = new Map() }]) => ({ contents, modules })),
  );
}
