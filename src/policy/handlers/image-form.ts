import { namesWatFile } from '../../detect/effective-command.ts';
import { namesHostFile, startsByHost, startsNothing } from '../../detect/layer-queries.ts';
import type { Verdict, WasmVerdict } from '../../detect/verdict.ts';
import { CNCF_WASM_LAYER } from '../../image/media-types.ts';
import { oncePer } from '../../lib/once-per.ts';

/** The rows of the matrix: what a handler finds when it starts the image. */
export const IMAGE_FORMS = [
  'linux',
  'wasi-files',
  'module-file',
  'component-file',
  'text-file',
  'artifact-module',
  'artifact-component',
  'layer-module',
  'layer-component',
  'indexed-layer',
  'spin-app',
  'spin-files',
  'spin-rootfs',
  'spin-manifest',
  'spin-entrypoint',
  'slight-files',
  'other-files',
  'foreign',
] as const;
export type ImageForm = (typeof IMAGE_FORMS)[number];

function fileForm(verdict: WasmVerdict): ImageForm {
  const { flavour, shape, firstArgument, isHostless } = verdict;
  if (firstArgument === null || startsByHost(firstArgument)) return 'other-files';
  if (namesWatFile(firstArgument)) return 'text-file';
  if (shape === 'component') return 'component-file';
  const isOpen = isHostless !== true && (flavour === 'wasi-image' || flavour === 'wasi-index');
  return isOpen ? 'wasi-files' : 'module-file';
}

/** Returns the form of a Spin application, whose shape is set only if wasmgate found a /spin.toml in the layers. */
function spinForm(verdict: WasmVerdict): ImageForm {
  if (verdict.shape === null) return 'spin-files';
  if (namesHostFile(verdict.firstArgument)) return 'spin-manifest';
  return startsNothing(verdict.firstArgument) ? 'spin-rootfs' : 'spin-entrypoint';
}

/** Cached because every class that is tried with a Pod needs it. */
const wasmForm = oncePer((verdict: WasmVerdict): ImageForm => {
  const isComponent = verdict.shape === 'component';
  if (verdict.isBehindIndex === true) return 'indexed-layer';
  switch (verdict.flavour) {
    case 'wasi-image':
    case 'wasi-index':
    case 'annotated-image':
    case 'wasm-entrypoint':
      return fileForm(verdict);
    case 'oci-module':
    case 'oci-component':
      return isComponent ? 'artifact-component' : 'artifact-module';
    case 'runwasi-oci':
      // Shims decide by the layer's type, not the config's. The Spin shim knows this one, too.
      if (verdict.layerType === CNCF_WASM_LAYER)
        return isComponent ? 'artifact-component' : 'artifact-module';
      return isComponent ? 'layer-component' : 'layer-module';
    case 'spin-app':
      return 'spin-app';
    case 'spin-rootfs':
      return spinForm(verdict);
    case 'slight-app':
      return 'slight-files';
    case 'wasm-to-oci':
      return 'foreign';
  }
});

/** Returns the row of the matrix; null if the image is unknown. `ImageFacts.pull` says whether nodes can pull it. */
export function imageForm(verdict: Verdict): ImageForm | null {
  switch (verdict.kind) {
    case 'wasm':
      return wasmForm(verdict);
    case 'container':
      return 'linux';
    case 'not-a-workload':
      return 'foreign';
    case 'unknown':
      return null;
  }
}
