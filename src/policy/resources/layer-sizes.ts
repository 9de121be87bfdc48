import type { Packaging } from '../../detect/verdict.ts';
import type { ImageFacts, ImageVariant } from '../../image/image-facts.ts';
import { isTarLayer } from '../../image/media-types.ts';
import { oncePer } from '../../lib/once-per.ts';

/** Bytes of an image's code as the manifest tells them, before anything is pulled. */
export interface LayerSizes {
  /** As gzip would have it. */
  readonly compressed: number;
  /** Stored as it is: Wasm layers, tar layers without compression. */
  readonly raw: number;
}

/** zstd at its best is up to 36 % smaller than gzip, and the floors were measured on gzip. */
const ZSTD_AS_GZIP = 1.4;

function addUp({ manifest }: ImageVariant, packaging: Packaging): LayerSizes {
  let compressed = 0;
  let raw = 0;
  for (const { mediaType, size } of manifest.layers) {
    if (isTarLayer(mediaType) !== (packaging === 'tar')) continue;
    if (mediaType.endsWith('zstd')) compressed += size * ZSTD_AS_GZIP;
    else if (mediaType.endsWith('gzip')) compressed += size;
    else raw += size;
  }
  return { compressed, raw };
}

/** Each class that is tried on asks for them, of each container. */
const ofVariant: Readonly<Record<Packaging, (variant: ImageVariant) => LayerSizes>> = {
  tar: oncePer((variant) => addUp(variant, 'tar')),
  'oci-layer': oncePer((variant) => addUp(variant, 'oci-layer')),
};

/** The most that any node would get: nodes of different architectures may take different children of an index. */
export function layerSizes({ variants }: ImageFacts, packaging: Packaging): LayerSizes {
  const sizes = variants.map(ofVariant[packaging]);
  return {
    compressed: Math.max(...sizes.map(({ compressed }) => compressed)),
    raw: Math.max(...sizes.map(({ raw }) => raw)),
  };
}
