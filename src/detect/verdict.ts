import type { Content } from '../image/image-facts.ts';
import type { ModuleInterface } from '../image/module-interface.ts';

/** How the image was packed, by name (see the signal table for the rule and its source). */
export type Flavour =
  | 'wasi-image'
  | 'wasi-index'
  | 'annotated-image'
  | 'wasm-entrypoint'
  | 'wasm-to-oci'
  | 'oci-module'
  | 'oci-component'
  | 'wit-package'
  | 'spin-v1'
  | 'spin-app'
  | 'spin-rootfs'
  | 'slight-app'
  | 'runwasi-oci'
  | 'wasmcloud'
  | 'proxy-wasm'
  | 'kubewarden-policy';

/** A core module, a component, or an application that brings its own host interface (Spin, slight, wws). */
export type Shape = 'module' | 'component' | 'application';

/** Where the code lies: in a file-system layer, or as a layer of its own. Memory floors and handlers depend on it. */
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

/** Which field said so, with its value, and what that means. */
export interface Evidence {
  readonly field: string;
  readonly value: string;
  readonly meaning: string;
}

export interface WasmVerdict {
  readonly kind: 'wasm';
  readonly flavour: Flavour;
  /** Null: not visible at the registry. */
  readonly shape: Shape | null;
  readonly packaging: Packaging;
  /** The effective first argument (Pod over image); null where there is none. crun decides by its suffix. */
  readonly firstArgument: string | null;
  /** The first argument holds a variable that only the node resolves. Absent where it does not. */
  readonly isArgumentOpen?: boolean;
  /** Of the Wasm layer, where there is one: some shims know one media type and not another. */
  readonly layerType?: string;
  /** A look inside found no file of Spin's or slight's, so that their shims cannot run it. Absent where nobody looked. */
  readonly isHostless?: boolean;
  /** A layer of its own that is reached through an index: there no shim looks for it. */
  readonly isBehindIndex?: boolean;
  /** What a look inside showed of the file or layer that is started; absent where nobody looked. */
  readonly program?: Content;
  /** A bare name that the working directory lacks, and a directory of the image's PATH has. */
  readonly isOnlyOnPath?: boolean;
  /** The working directory, if no layer has it and no volume makes it. */
  readonly missingFolder?: string;
  /** What the module wants of its host; absent if it is no module, or nobody looked. */
  readonly module?: ModuleInterface;
  /** Interfaces that a component imports, as its config names them; absent where it names none. */
  readonly interfaces?: readonly string[];
  readonly evidence: readonly Evidence[];
}

export interface ContainerVerdict {
  readonly kind: 'container';
  /** What a look inside showed of the file that is started; absent where nobody looked. */
  readonly program?: Content;
  /** The first argument, if the look was for it. */
  readonly firstArgument?: string | null;
  /** Its platform or its file's name say Wasm; its bytes say otherwise. */
  readonly claimsWasm?: boolean;
  readonly evidence: readonly Evidence[];
}

export interface NotAWorkloadVerdict {
  readonly kind: 'not-a-workload';
  readonly flavour: Flavour | null;
  /** For people: "a Helm chart", "a proxy-wasm plugin". */
  readonly what: string;
  readonly evidence: readonly Evidence[];
}

export interface UnknownVerdict {
  readonly kind: 'unknown';
  readonly reason: UnknownReason;
  /** One sentence for people: what was tried and what came back. */
  readonly detail: string;
  readonly advice: string | null;
  readonly evidence: readonly Evidence[];
}

export type Verdict = WasmVerdict | ContainerVerdict | NotAWorkloadVerdict | UnknownVerdict;
