import type { MakeImage } from './oci-image.ts';

/** The programs and modules that images hold. */
export interface ImageFiles {
  readonly pause: Uint8Array;
  readonly busybox: Uint8Array;
  /** Go modules of 2.5 MB, 4.8 MB, 2.5 MB and 18 MB. */
  readonly hello: Uint8Array;
  readonly http: Uint8Array;
  readonly exit3: Uint8Array;
  readonly big: Uint8Array;
  readonly component: Uint8Array;
}

/** Images by name, without registry and tag. */
export type ImageTable = (files: ImageFiles) => Readonly<Record<string, MakeImage>>;
