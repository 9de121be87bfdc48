import { mountsOf } from '../../detect/mounts.ts';
import type { Packaging } from '../../detect/verdict.ts';
import type { ImageFacts, ImageVariant } from '../../image/image-facts.ts';
import { isTarLayer } from '../../image/media-types.ts';
import { LONGEST_PATH, resolvePath } from '../../image/resolve-path.ts';
import { oncePer } from '../../lib/once-per.ts';
import type { WasmContainer } from '../facts.ts';

/** Bytes of an image's code, read from its manifest without a pull. */
export interface LayerSizes {
  /** Compressed with gzip, or scaled to what gzip would take. */
  readonly compressed: number;
  /** Stored uncompressed, as Wasm layers and plain tar layers are. */
  readonly raw: number;
}

/** zstd at its best is up to 36 % smaller than gzip, and the memory floors were measured on gzip. */
const ZSTD_AS_GZIP = 1.4;

function sumLayers({ manifest }: ImageVariant, packaging: Packaging): LayerSizes {
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

/** Cached because every class that is tried asks for them, for each container. */
const variantSizes: Readonly<Record<Packaging, (variant: ImageVariant) => LayerSizes>> = {
  tar: oncePer((variant) => sumLayers(variant, 'tar')),
  'oci-layer': oncePer((variant) => sumLayers(variant, 'oci-layer')),
};

/** Returns the largest sizes that any node may pull: architectures pull different children of an index. */
export function layerSizes({ variants }: ImageFacts, packaging: Packaging): LayerSizes {
  const sizes = variants.map(variantSizes[packaging]);
  return {
    compressed: Math.max(...sizes.map(({ compressed }) => compressed)),
    raw: Math.max(...sizes.map(({ raw }) => raw)),
  };
}

export interface SizedContainer extends WasmContainer {
  readonly facts: ImageFacts;
}

export interface CodeSizes {
  readonly packaging: Packaging;
  /** Null if the module comes from a volume, whose size the image does not show. */
  readonly sizes: LayerSizes | null;
}

/** Reports whether a volume covers the file that the container starts; a bare name is looked up in the image. */
function isFromVolume({ container, verdict, facts }: SizedContainer): boolean {
  const file = verdict.firstArgument?.split('#', 1)[0] ?? '';
  if (!file.includes('/') || verdict.packaging !== 'tar') return false;
  const folder = container.workingDir || facts.variants[0].config.workingDir;
  if (folder.length > LONGEST_PATH) return false;
  return mountsOf(container.volumeMounts).covers(resolvePath(resolvePath('/', folder), file));
}

/** Cached because every class that is tried asks, and paths may be long. */
export const codeSizes = oncePer((container: SizedContainer): CodeSizes => {
  const { packaging } = container.verdict;
  return { packaging, sizes: isFromVolume(container) ? null : layerSizes(container.facts, packaging) };
});

export function hasSize(container: WasmContainer): container is SizedContainer {
  return container.facts !== null;
}
