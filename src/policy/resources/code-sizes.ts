import { mountsOf } from '../../detect/mounts.ts';
import type { Packaging, WasmVerdict } from '../../detect/verdict.ts';
import type { ImageFacts } from '../../image/image-facts.ts';
import { LONGEST_PATH, resolvePath } from '../../image/resolve-path.ts';
import type { Container } from '../../pod/pod.ts';
import type { WasmContainer } from '../facts.ts';
import { layerSizes, type LayerSizes } from './layer-sizes.ts';

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
