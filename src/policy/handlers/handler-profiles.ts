import type { Release, ShimReleases } from './handler-release.ts';

/** What starts the container, and a column of the matrix. Engines that treat every image alike are one. */
export type Engine =
  | 'linux'
  | 'crun'
  | 'crun-wasm'
  | 'wasmtime'
  | 'module-shim'
  | 'any-shim'
  | 'spin'
  | 'slight'
  | 'wws'
  | 'lunatic';

/** Handlers with a measured memory need (memory-floor.ts). */
export type FloorModel = 'crun' | 'wasmedge' | 'wasmtime';

/** Engines by the functions that they offer to modules (runtime-gaps.ts). */
export type HostFunctions = 'wasmtime' | 'wasmedge' | 'wasmer' | 'wamr' | 'lunatic' | 'crun';

/** What a RuntimeClass's `.handler` can do. The class's own name means nothing, because operators choose it freely. */
export interface HandlerProfile {
  /** The handler's usual name. */
  readonly name: string;
  /** Its name in messages: "the Spin shim". */
  readonly title: string;
  readonly engine: Engine;
  readonly releases: ShimReleases;
  /** The oldest release that the handler's name may stand for; null if the name does not show it. */
  readonly release: Release | null;
  /** Null if not measured. */
  readonly floors: FloorModel | null;
  /** The functions that modules can import; null if the handler's name does not show them. */
  readonly hostFunctions: HostFunctions | null;
  /** True if it reads the variant annotation and, without it, starts a Wasm file as a Linux program. */
  readonly needsAnnotation: boolean;
  /** True if the operator confirmed that this annotation reaches it, which the API server does not show. */
  readonly annotationArrives: boolean;
  /** True if the operator confirmed that its nodes unpack images for platforms other than linux. */
  readonly unpacksForeignTar: boolean;
  /**
   * Containers in which probes, hooks and `kubectl exec` cannot run a program: `wasm` if Linux sidecars start as usual, `all` if
   * the shim does not implement exec.
   */
  readonly withoutExec: 'none' | 'wasm' | 'all';
  /** True if no container with `tty: true` starts, Linux or Wasm. */
  readonly ttyUnsupported: boolean;
  /** True if a Pod with `hostUsers: false` gets no sandbox. */
  readonly userNamespacesUnsupported: boolean;
  /** True if it reports success whatever the Wasm program's exit status. */
  readonly losesExitCode: boolean;
  /** True if it writes into the container's root, and so does not start with `readOnlyRootFilesystem`. */
  readonly needsWritableRoot: boolean;
}

/** runwasi's binaries all end in `-v1`, whatever the release (crates/containerd-shim-*), so every release ranks as current. */
const ANY_RELEASE: ShimReleases = { generations: {}, since: {}, current: [0] };

/** Before this release of containerd-wasm-shims, deislabs' shims start no Linux container, such as a sidecar. */
const LINUX_SINCE: Release = [0, 9, 0];

const DEISLABS_RELEASES: ShimReleases = {
  generations: {},
  since: { linux: LINUX_SINCE },
  current: LINUX_SINCE,
};

/** The first release that runs artifacts of `spin registry push` of Spin 2 (containerd-wasm-shims pull request 180). */
const SPIN_2: Release = [0, 10, 0];

/**
 * The binary was called `containerd-shim-spin-v1` up to v0.9.2 of containerd-wasm-shims. v0.9.3 renamed it for Spin 2, six
 * days before v0.10.0, the first release that distributions shipped under the new name.
 */
const SPIN_RELEASES: ShimReleases = {
  generations: { 1: [0, 1, 0], 2: SPIN_2 },
  since: {
    linux: LINUX_SINCE,
    'spin-app': SPIN_2,
    // The layer type of wkg (containerd-shim-spin v0.23.0).
    'artifact-module': [0, 23, 0],
    'artifact-component': [0, 23, 0],
  },
  current: SPIN_2,
};

type Traits = Pick<HandlerProfile, 'title' | 'engine'> & Partial<HandlerProfile>;

function profile(name: string, traits: Traits): HandlerProfile {
  return {
    name,
    releases: ANY_RELEASE,
    release: null,
    floors: null,
    hostFunctions: null,
    needsAnnotation: false,
    annotationArrives: false,
    unpacksForeignTar: false,
    withoutExec: 'none',
    ttyUnsupported: false,
    userNamespacesUnsupported: false,
    losesExitCode: false,
    needsWritableRoot: false,
    ...traits,
  };
}

/**
 * crun with an engine, measured with WasmEdge. Its handler ends with `exit (EXIT_SUCCESS)` once the module ran
 * (libcrun handlers/wasmedge.c), and has no exec.
 */
function crun(name: string, traits: Traits): HandlerProfile {
  return profile(name, {
    ...traits,
    floors: 'crun',
    hostFunctions: 'crun',
    withoutExec: 'wasm',
    losesExitCode: true,
  });
}

/**
 * runwasi fails an exec with "not supported" (crates/containerd-shimkit/src/sandbox/shim/local.rs) and a terminal with
 * "terminal is not supported"; nodes list its handlers without the feature userNamespaces. All three measured.
 */
function shim(name: string, traits: Traits): HandlerProfile {
  return profile(name, {
    ...traits,
    withoutExec: 'all',
    ttyUnsupported: true,
    userNamespacesUnsupported: true,
  });
}

/** One row per handler name in use. Other names are looked up again without their version. */
export const HANDLER_PROFILES: readonly HandlerProfile[] = [
  profile('runc', { title: 'runc', engine: 'linux' }),
  crun('crun', { title: 'crun', engine: 'crun', needsAnnotation: true }),
  crun('crun-wasm', { title: 'crun-wasm', engine: 'crun-wasm' }),
  shim('wasmtime', {
    title: 'the Wasmtime shim',
    engine: 'wasmtime',
    floors: 'wasmtime',
    hostFunctions: 'wasmtime',
  }),
  shim('wasmedge', {
    title: 'the WasmEdge shim',
    engine: 'module-shim',
    floors: 'wasmedge',
    hostFunctions: 'wasmedge',
  }),
  shim('wasmer', { title: 'the Wasmer shim', engine: 'module-shim', hostFunctions: 'wasmer' }),
  shim('wamr', { title: 'the WAMR shim', engine: 'module-shim', hostFunctions: 'wamr' }),
  // Any shim may be registered under this name, as in runwasi's own tests and WasmEdge's guides.
  shim('wasm', { title: 'a shim registered as "wasm"', engine: 'any-shim' }),
  // Writes /spin.json and /.cache (containerd-shim-spin src/utils.rs, issue 123).
  shim('spin', { title: 'the Spin shim', engine: 'spin', releases: SPIN_RELEASES, needsWritableRoot: true }),
  shim('slight', { title: 'the slight shim', engine: 'slight', releases: DEISLABS_RELEASES }),
  shim('wws', { title: 'the Wasm Workers Server shim', engine: 'wws', releases: DEISLABS_RELEASES }),
  shim('lunatic', {
    title: 'the Lunatic shim',
    engine: 'lunatic',
    hostFunctions: 'lunatic',
    releases: DEISLABS_RELEASES,
  }),
];

const OCI_RUNTIMES: ReadonlySet<Engine> = new Set<Engine>(['linux', 'crun', 'crun-wasm']);

/** Reports whether the handler is a containerd shim, which contains its engine and needs no OCI runtime. */
export function isShim({ engine }: HandlerProfile): boolean {
  return !OCI_RUNTIMES.has(engine);
}
