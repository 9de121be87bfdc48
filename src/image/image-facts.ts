import type { FileKind } from './file-kind.ts';
import type { ImageConfig } from './image-config.ts';
import type { ImageManifest } from './manifest.ts';
import type { ModuleInterface } from './module-interface.ts';
import type { Platform } from './platform.ts';
import type { Digest } from './reference.ts';

/**
 * What a look inside the layers showed, by absolute path, or by digest for a Wasm layer, which has no path. `hidden`: it was
 * looked for and did not show within the bounds. What has no entry was not looked for.
 */
export type Contents = ReadonlyMap<string, Content>;
export type Content = FileKind | 'absent' | 'hidden';

/** What the modules among them want of their host, by the same keys. */
export type ModuleInterfaces = ReadonlyMap<string, ModuleInterface>;

/** What one look showed. */
export interface Inside {
  readonly contents: Contents;
  readonly modules: ModuleInterfaces;
}

/** Before any look. */
export const NO_CONTENTS: Contents = new Map();
export const NO_MODULES: ModuleInterfaces = new Map();
export const NOTHING_INSIDE: Inside = { contents: NO_CONTENTS, modules: NO_MODULES };

/** One manifest with its config: what a node would run if it pulled this one. */
export interface ImageVariant {
  readonly digest: Digest;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  readonly contents: Contents;
  /** Absent before any look. */
  readonly modules?: ModuleInterfaces;
}

/**
 * Whether nodes can pull the reference (containerd 2.2 and 2.3, tried): a single manifest pulls as long as its layers and
 * their digests in the config agree, an index only if an entry fits the node.
 */
export type PullOutlook =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly cause: 'no-platform';
      /** What the index offers instead. */
      readonly platforms: readonly Platform[];
      /** The digest to name instead, which does pull. */
      readonly insteadUse: Digest | null;
    }
  | { readonly ok: false; readonly cause: 'layer-mismatch' }
  | {
      /**
       * The one entry for Linux names no platform, and another entry names one: a node that does not happen to hold the
       * other one fails.
       */
      readonly ok: false;
      readonly cause: 'mixed-index';
      readonly insteadUse: Digest;
    };

/** What an index holds images for, so that nodes of other platforms cannot pull it. */
export interface IndexOffer {
  /** Each once, normalized. */
  readonly platforms: readonly Platform[];
  /** True if the index offers more: it lists more platforms than are kept, or entries that name none. */
  readonly isPartial: boolean;
}

/**
 * What the registry tells of a reference, without any Pod: this is what is cached. `variants` holds the manifest that
 * nodes take, one for each distinct choice where nodes of several architectures would take different ones.
 */
export interface ImageFacts {
  /** Of what the reference names: the index's where it names one. */
  readonly digest: Digest;
  readonly mediaType: string;
  readonly variants: readonly [ImageVariant, ...ImageVariant[]];
  readonly pull: PullOutlook;
  /** Of the entry for a Wasm platform that an index holds beside the one that nodes take; absent where there is none. */
  readonly wasmEntry?: Digest;
  /** Absent for a single manifest, which any node pulls. */
  readonly offer?: IndexOffer;
}

/** Whether nodes of another architecture might have been told something else: so of every index, and of no single manifest. */
export function isChosenByArchitecture({ digest, variants: [first] }: ImageFacts): boolean {
  return digest !== first.digest;
}
