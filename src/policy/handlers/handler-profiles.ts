import type { Release, ShimReleases } from './handler-release.ts';

/** What starts the container, as far as images can tell the difference: the columns of the matrix. */
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

/** Handlers whose memory need was measured (memory-floor.ts). */
export type FloorModel = 'crun' | 'wasmedge' | 'wasmtime';

/** Engines by what they offer to modules (host-functions.ts). */
export type HostFunctions = 'wasmtime' | 'wasmedge' | 'wasmer' | 'wamr' | 'lunatic' | 'crun';

/** What a RuntimeClass's `.handler` can do. The class's own name says nothing: names are free. */
export interface HandlerProfile {
  /** The handler's usual name. */
  readonly name: string;
  /** For people: "the Spin shim". */
  readonly title: string;
  readonly engine: Engine;
  readonly releases: ShimReleases;
  /** The oldest release that the handler's name may stand for; null where the name says nothing about it. */
  readonly release: Release | null;
  /** Null: nobody measured it. */
  readonly floors: FloorModel | null;
  /** Whose functions modules can import; null if that cannot be told. */
  readonly hostFunctions: HostFunctions | null;
  /** Reads the variant annotation; without it a Wasm file is started as a Linux program. */
  readonly needsAnnotation: boolean;
  /** Somebody vouches for that annotation to reach it; it cannot be seen from the API server. */
  readonly annotationArrives: boolean;
  /** Somebody vouches for its nodes to unpack images for other platforms than linux. */
  readonly unpacksForeignTar: boolean;
  /**
   * Containers into which nothing can be executed, by probe, hook or `kubectl exec`: `wasm` where a Linux sidecar is started
   * as ever, `all` where the shim has no such call.
   */
  readonly withoutExec: 'none' | 'wasm' | 'all';
  /** A container with `tty: true` does not start, of whatever kind it is. */
  readonly ttyUnsupported: boolean;
  /** A Pod with `hostUsers: false` gets no sandbox. */
  readonly userNamespacesUnsupported: boolean;
  /** The Wasm program's exit status is lost: it ends as success whatever it answers. */
  readonly losesExitCode: boolean;
  /** Writes into the container's root, so that `readOnlyRootFilesystem` keeps it from starting. */
  readonly needsWritableRoot: boolean;
}

/** runwasi's binaries all end in `-v1`, whatever the release (crates/containerd-shim-*). Every known release ranks as today's. */
const ANY_RELEASE: ShimReleases = { generations: {}, since: {}, today: [0] };

/** deislabs' shims start no Linux container, such as a sidecar, before this release of containerd-wasm-shims. */
const LINUX_SINCE: Release = [0, 9, 0];

const DEISLABS_RELEASES: ShimReleases = {
  generations: {},
  since: { linux: LINUX_SINCE },
  today: LINUX_SINCE,
};

/** The first release that runs what `spin registry push` of Spin 2 pushes (containerd-wasm-shims pull request 180). */
const SPIN_2: Release = [0, 10, 0];

/**
 * The binary was called `containerd-shim-spin-v1` up to v0.9.2 of containerd-wasm-shims. v0.9.3 renamed it for Spin 2, six
 * days before v0.10.0, which is the first that distributions shipped under the new name.
 */
const SPIN_RELEASES: ShimReleases = {
  generations: { 1: [0, 1, 0], 2: SPIN_2 },
  since: {
    linux: LINUX_SINCE,
    'spin-app': SPIN_2,
    // The layer type of wkg (containerd-shim-spin v0.23.0).
    'artefact-module': [0, 23, 0],
    'artefact-component': [0, 23, 0],
  },
  today: SPIN_2,
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
 * crun with an engine: measured with WasmEdge, whose handler ends with `exit (EXIT_SUCCESS)` once the module ran
 * (libcrun handlers/wasmedge.c), and knows no exec.
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
 * runwasi answers exec with "not supported" (crates/containerd-shimkit/src/sandbox/shim/local.rs) and a terminal with
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

/** One row per handler name in the wild; names beyond these are stripped of a version first. */
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
  // Whichever shim was registered: runwasi's own tests and WasmEdge's guides both use this name.
  shim('wasm', { title: 'a shim registered as "wasm"', engine: 'any-shim' }),
  // It writes /spin.json and /.cache (containerd-shim-spin src/utils.rs, issue 123).
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

const LOW_LEVEL: ReadonlySet<Engine> = new Set<Engine>(['linux', 'crun', 'crun-wasm']);

/** A shim of containerd: it holds its engine itself, and starts no process of a low-level runtime for it. */
export function isShim({ engine }: HandlerProfile): boolean {
  return !LOW_LEVEL.has(engine);
}
