import { mountsOf } from '../../detect/mounts.ts';
import type { Packaging } from '../../detect/verdict.ts';
import type { ImageFacts } from '../../image/image-facts.ts';
import { resolvePath } from '../../image/resolve-path.ts';
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

/** Reports whether a volume lies over the file that the container starts. A bare name is looked for in the image. */
function isFromVolume({ container, verdict, facts }: SizedContainer): boolean {
  const file = verdict.firstArgument?.split('#', 1)[0] ?? '';
  if (!file.includes('/') || verdict.packaging !== 'tar') return false;
  const folder = container.workingDir || facts.variants[0].config.workingDir;
  return mountsOf(container.volumeMounts).covers(resolvePath(resolvePath('/', folder), file));
}

export function codeSizes(container: SizedContainer): CodeSizes {
  const { packaging } = container.verdict;
  return { packaging, sizes: isFromVolume(container) ? null : layerSizes(container.facts, packaging) };
}
