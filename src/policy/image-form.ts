import { namesWatFile } from '../detect/effective-command.ts';
import type { Verdict, WasmVerdict } from '../detect/verdict.ts';

/** What a handler meets when it starts the image: the rows of the matrix. */
export const IMAGE_FORMS = [
  'linux',
  'wasi-files',
  'module-file',
  'component-file',
  'text-file',
  'artefact-module',
  'artefact-component',
  'layer-module',
  'layer-component',
  'spin-app',
  'spin-files',
  'slight-files',
  'foreign',
] as const;
export type ImageForm = (typeof IMAGE_FORMS)[number];

function fileForm({ flavour, shape, firstArgument }: WasmVerdict): ImageForm {
  if (firstArgument !== null && namesWatFile(firstArgument)) return 'text-file';
  if (shape === 'component') return 'component-file';
  const isOpen = shape === null && (flavour === 'wasi-image' || flavour === 'wasi-index');
  return isOpen ? 'wasi-files' : 'module-file';
}

function wasmForm(verdict: WasmVerdict): ImageForm {
  const isComponent = verdict.shape === 'component';
  switch (verdict.flavour) {
    case 'wasi-image':
    case 'wasi-index':
    case 'annotated-image':
    case 'wasm-entrypoint':
      return fileForm(verdict);
    case 'oci-module':
    case 'oci-component':
      return isComponent ? 'artefact-component' : 'artefact-module';
    case 'runwasi-oci':
      return isComponent ? 'layer-component' : 'layer-module';
    case 'spin-app':
      return 'spin-app';
    case 'spin-rootfs':
      return 'spin-files';
    case 'slight-app':
      return 'slight-files';
    case 'wasm-to-oci':
    case 'wit-package':
    case 'spin-v1':
    case 'wasmcloud':
    case 'proxy-wasm':
    case 'kubewarden-policy':
      return 'foreign';
  }
}

/** The row of the matrix; null where the image is unknown. Whether nodes can pull it is `ImageFacts.pull`'s to say. */
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
