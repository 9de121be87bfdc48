import type { DescribedImage, ImageReport } from './image-report.ts';

/** What a Wasm file would be in one kind of image. */
interface PackagedReport extends Pick<ImageReport, 'verdict' | 'pull' | 'handlers'> {
  /** `artifact`, `wasi-image` or `linux-image`. */
  readonly packaging: string;
}

/** The JSON report of `inspect` for a Wasm file, which is no image yet. Scripts rely on its keys, their order and their types. */
export interface WasmFileReport {
  readonly file: string;
  readonly mediaType: 'application/wasm';
  readonly shape: 'module' | 'component';
  readonly packagings: readonly PackagedReport[];
}

/** The images that a Wasm file would become, by their packaging. */
export interface DescribedWasmFile {
  readonly file: string;
  readonly shape: WasmFileReport['shape'];
  readonly packaged: readonly { readonly packaging: string; readonly image: DescribedImage }[];
}

export function reportWasmFile({ file, shape, packaged }: DescribedWasmFile): WasmFileReport {
  const packagings = packaged.map(({ packaging, image: { report } }) => {
    const { verdict, pull, handlers } = report;
    return { packaging, verdict, pull, handlers };
  });
  return { file, mediaType: 'application/wasm', shape, packagings };
}
