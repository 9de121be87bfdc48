import type { Content } from '../image/image-facts.ts';
import type { ModuleInterface } from '../image/module-interface.ts';

/** How a Wasm image was packaged. The signals hold each rule with its source. */
export type WasmFlavour =
  | 'wasi-image'
  | 'wasi-index'
  | 'annotated-image'
  | 'wasm-entrypoint'
  | 'wasm-to-oci'
  | 'oci-module'
  | 'oci-component'
  | 'spin-app'
  | 'spin-rootfs'
  | 'slight-app'
  | 'runwasi-oci';

/** The kind of an artifact that no RuntimeClass runs. A krustlet runs `wasm-to-oci`. */
export type ArtifactFlavour =
  | 'wasm-to-oci'
  | 'wit-package'
  | 'spin-v1'
  | 'wasmcloud'
  | 'proxy-wasm'
  | 'kubewarden-policy';

export type Flavour = WasmFlavour | ArtifactFlavour;

/** A core module, a component, or an application that brings its own host interface (Spin, slight, wws). */
export type Shape = 'module' | 'component' | 'application';

/** Where the code is: in a file-system layer, or in a layer of its own. Memory floors and handlers depend on it. */
export type Packaging = 'tar' | 'oci-layer';

export const UNKNOWN_REASONS = [
  'unreachable',
  'timeout',
  'tls',
  'unauthorized',
  'not-found',
  'rate-limited',
  'denied-by-config',
  'unsupported',
  'too-large',
  'invalid',
] as const;
export type UnknownReason = (typeof UNKNOWN_REASONS)[number];

const TRANSIENT_REASONS: ReadonlySet<UnknownReason> = new Set([
  'unreachable',
  'timeout',
  'tls',
  'rate-limited',
]);

/** Reports whether the registry or the network failed, not the image: earlier facts are then the best result. */
export function isTransient(reason: UnknownReason): boolean {
  return TRANSIENT_REASONS.has(reason);
}

/** A field that the verdict is based on, with its value and what it means. */
export interface Evidence {
  readonly field: string;
  readonly value: string;
  readonly meaning: string;
}

export interface WasmVerdict {
  readonly kind: 'wasm';
  readonly flavour: WasmFlavour;
  /** Null if the registry does not show it. */
  readonly shape: Shape | null;
  readonly packaging: Packaging;
  /** The effective first argument (Pod over image); null if there is none. crun decides by its suffix. */
  readonly firstArgument: string | null;
  /** True if the first argument holds a variable that only the node resolves; otherwise absent. */
  readonly isArgumentOpen?: boolean;
  /** Media type of the Wasm layer, if there is one: some shims know only one of them. */
  readonly layerType?: string;
  /** True if the layers hold no manifest of Spin or slight, so that their shims cannot run it; otherwise absent. */
  readonly isHostless?: boolean;
  /** True if an index leads to a Wasm layer, where no shim finds it; otherwise absent. */
  readonly isBehindIndex?: boolean;
  /** Content of the file or layer that starts; absent if it was not read. */
  readonly program?: Content;
  /** True if the command is a bare name in a directory of the image's PATH, but not in the working directory. */
  readonly isOnlyOnPath?: boolean;
  /** The working directory, if no layer holds it and no volume creates it. */
  readonly missingFolder?: string;
  /** What the module imports from its host; absent if it is no module, or was not read. */
  readonly module?: ModuleInterface;
  /** Interfaces that a component imports, as its config names them; absent if it names none. */
  readonly interfaces?: readonly string[];
  readonly evidence: readonly Evidence[];
}

export interface ContainerVerdict {
  readonly kind: 'container';
  /** Content of the file that starts; absent if it was not read. */
  readonly program?: Content;
  /** The first argument; absent if its file was not read. */
  readonly firstArgument?: string | null;
  /** True if its platform or its file's name says Wasm, but its bytes do not; otherwise absent. */
  readonly claimsWasm?: boolean;
  readonly evidence: readonly Evidence[];
}

export interface NotAWorkloadVerdict {
  readonly kind: 'not-a-workload';
  readonly flavour: ArtifactFlavour | null;
  /** For people: "a Helm chart", "a proxy-wasm plugin". */
  readonly what: string;
  readonly evidence: readonly Evidence[];
}

export interface UnknownVerdict {
  readonly kind: 'unknown';
  readonly reason: UnknownReason;
  /** One sentence for people: what wasmgate tried, and what happened. */
  readonly detail: string;
  readonly advice: string | null;
  readonly evidence: readonly Evidence[];
}

const NAMES_IMAGE = /^Cannot (?:read|inspect) image "[^"]*": /;

/** Returns a detail for texts that name the image themselves: of several images that share a failure it names only one. */
export function withoutImage(detail: string): string {
  return detail.replace(NAMES_IMAGE, '');
}

export type Verdict = WasmVerdict | ContainerVerdict | NotAWorkloadVerdict | UnknownVerdict;
