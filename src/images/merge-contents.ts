import type { ImageFacts, LayerContents } from '../image/image-facts.ts';
import { addContents, MAX_CONTENTS } from './peek-image.ts';

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
