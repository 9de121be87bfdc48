import { mountsOf } from '../../detect/mounts.ts';
import type { Packaging, WasmVerdict } from '../../detect/verdict.ts';
import type { ImageFacts, ImageVariant } from '../../image/image-facts.ts';
import { isTarLayer } from '../../image/media-types.ts';
import { LONGEST_PATH, resolvePath } from '../../image/resolve-path.ts';
import { oncePer } from '../../lib/once-per.ts';
import type { Container } from '../../pod/pod.ts';
import type { WasmContainer } from '../facts.ts';

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

export interface SizedContainer extends WasmContainer {
  readonly facts: ImageFacts;
}

export interface CodeSizes {
  readonly packaging: Packaging;
  /** Null where the module comes from a volume: the image beside it says nothing about its size. */
  readonly sizes: LayerSizes | null;
}

/** A bare name is looked for in the image. */
function liesInVolume({ container, verdict, facts }: SizedContainer): boolean {
  const file = verdict.firstArgument?.split('#', 1)[0] ?? '';
  if (!file.includes('/') || verdict.packaging !== 'tar') return false;
  const folder = container.workingDir || facts.variants[0].config.workingDir;
  if (folder.length > LONGEST_PATH) return false;
  return mountsOf(container.volumeMounts).covers(resolvePath(resolvePath('/', folder), file));
}

interface Answer {
  readonly verdict: WasmVerdict;
  readonly isFromVolume: boolean;
}

/** A container is sized several times for each class that is tried on, and its paths may be long. */
const answers = new WeakMap<Container, Answer>();

/** Reports whether a volume lies over the file that the container starts. */
function isFromVolume(sized: SizedContainer): boolean {
  const { container, verdict } = sized;
  const known = answers.get(container);
  if (known?.verdict === verdict) return known.isFromVolume;
  const isInVolume = liesInVolume(sized);
  answers.set(container, { verdict, isFromVolume: isInVolume });
  return isInVolume;
}

export function codeSizes(container: SizedContainer): CodeSizes {
  const { packaging } = container.verdict;
  return { packaging, sizes: isFromVolume(container) ? null : layerSizes(container.facts, packaging) };
}
