import { Type, type Static } from 'typebox';
import { CATALOG_DEFAULTS, type CatalogOptions } from '../images/catalog-defaults.ts';

/** A month: whoever wants more wants images by digest, which are remembered for good. */
const MOST_SECONDS = 30 * 24 * 60 * 60;

function seconds(milliseconds: number, description: string) {
  return Type.Integer({ default: milliseconds / 1000, minimum: 1, maximum: MOST_SECONDS, description });
}

/** How long what registries tell is remembered. */
export const imageSettings = Type.Object(
  {
    tagSeconds: seconds(
      CATALOG_DEFAULTS.tagTtl,
      'How long an answer about a tag holds before the registry is asked whether the tag has moved. Answers by digest always hold.',
    ),
    staleSeconds: seconds(
      CATALOG_DEFAULTS.staleTtl,
      'How long an older answer serves while the registry cannot be reached, before it is tried again.',
    ),
    failureSeconds: seconds(
      CATALOG_DEFAULTS.failureTtl,
      'How long it is remembered that an image could not be looked up.',
    ),
  },
  { additionalProperties: false, default: {} },
);

export type ImageSettings = Static<typeof imageSettings>;

export function catalogOptions({ tagSeconds, staleSeconds, failureSeconds }: ImageSettings): CatalogOptions {
  return { tagTtl: tagSeconds * 1000, staleTtl: staleSeconds * 1000, failureTtl: failureSeconds * 1000 };
}
