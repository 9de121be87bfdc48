import type { FileKind } from './file-kind.ts';
import type { ImageConfig } from './image-config.ts';
import type { ImageManifest } from './manifest.ts';
import type { ModuleInterface } from './module-interface.ts';
import type { Platform } from './platform.ts';
import type { Digest } from './reference.ts';

/**
 * Files found in the layers, by absolute path, or by digest for a Wasm layer, which has no path. `hidden`: not found within
 * the limits. A path without an entry was not searched for.
 */
export type Contents = ReadonlyMap<string, Content>;
export type Content = FileKind | 'absent' | 'hidden';

/** Imports and exports of the modules found, by the same keys. */
export type ModuleInterfaces = ReadonlyMap<string, ModuleInterface>;

/** What a search of the layers found. */
export interface LayerContents {
  readonly contents: Contents;
  readonly modules: ModuleInterfaces;
}

/** Contents before any search. */
export const NO_CONTENTS: Contents = new Map();
export const NO_MODULES: ModuleInterfaces = new Map();
export const NO_LAYER_CONTENTS: LayerContents = { contents: NO_CONTENTS, modules: NO_MODULES };

/** One manifest with its config: what a node runs if it pulls this one. */
export interface ImageVariant {
  readonly digest: Digest;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  readonly contents: Contents;
  /** Absent before any search. */
  readonly modules?: ModuleInterfaces;
}

/**
 * Whether nodes can pull the reference (verified with containerd 2.2 and 2.3). A single manifest pulls if its layers match
 * the digests in its config, an index only if an entry fits the node.
 */
export type PullOutlook =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly cause: 'no-platform';
      /** The platforms that the index offers. */
      readonly platforms: readonly Platform[];
      /** A digest to name instead, which pulls. */
      readonly insteadUse: Digest | null;
    }
  | { readonly ok: false; readonly cause: 'layer-mismatch' }
  | {
      /**
       * The only entry for Linux names no platform, and another entry names one: pulls fail on nodes that do not already
       * hold that other entry.
       */
      readonly ok: false;
      readonly cause: 'mixed-index';
      readonly insteadUse: Digest;
    };

/** The platforms of an index; nodes of other platforms cannot pull it. */
export interface IndexOffer {
  /** Each once, normalized. */
  readonly platforms: readonly Platform[];
  /** True if the index offers more: it lists more platforms than are kept, or entries that name none. */
  readonly isPartial: boolean;
}

/**
 * What the registry says about a reference, whatever the Pod: this is cached. `variants` holds the manifest that nodes pull,
 * or each of them if nodes of several architectures pull different ones.
 */
export interface ImageFacts {
  /** Digest of what the reference names, such as an index. */
  readonly digest: Digest;
  /** True if the image has no manifest or index of its own, as in a docker archive: no registry has this digest. */
  readonly isStandIn?: boolean;
  readonly mediaType: string;
  readonly variants: readonly [ImageVariant, ...ImageVariant[]];
  readonly pull: PullOutlook;
  /** Digest of an index's Wasm entry beside the one that nodes pull. */
  readonly wasmEntry?: Digest;
  /** Absent for a single manifest, which any node pulls. */
  readonly offer?: IndexOffer;
}

/** Reports whether nodes of another architecture could pull another manifest: true of every index. */
export function isChosenByArchitecture({ digest, variants: [first] }: ImageFacts): boolean {
  return digest !== first.digest;
}
