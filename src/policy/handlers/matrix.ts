import type { Engine } from './handler-profiles.ts';
import type { ImageForm } from './image-form.ts';

interface Reason {
  readonly runs: 'yes' | 'no' | 'conditional' | 'unknown';
  /** Follows the handler's title in messages. */
  readonly why: string;
}

/** Every result that a cell of the matrix can hold. */
export const REASONS = {
  linux: { runs: 'yes', why: 'runs it as an ordinary Linux container' },
  module: { runs: 'yes', why: 'runs core modules' },
  component: { runs: 'yes', why: 'runs components' },
  spin: { runs: 'yes', why: 'runs Spin applications' },
  slight: { runs: 'yes', why: 'runs slight applications' },
  annotated: { runs: 'conditional', why: "runs it if the Pod's annotation reaches it on the node" },
  'annotation-arrives': { runs: 'yes', why: "runs it because of the Pod's annotation" },
  lunatic: { runs: 'yes', why: 'runs modules made for Lunatic' },
  'looks-like-spin': { runs: 'conditional', why: 'runs it if the image holds a /spin.toml' },
  'suffix-missing': { runs: 'unknown', why: 'hands only names that end in .wasm to its Wasm engine' },
  'suffix-unknown': {
    runs: 'unknown',
    why: 'hands only names that end in .wasm to its Wasm engine, and only the node knows this name',
  },
  'image-unknown': { runs: 'unknown', why: 'may or may not run it: the image is unknown' },
  'engine-unknown': { runs: 'unknown', why: 'may contain any engine' },
  'needs-host-file': { runs: 'unknown', why: "runs it only if its own host's files are in the image" },
  'http-only': { runs: 'unknown', why: 'serves HTTP components only, and only in newer versions' },
  'spin-build': { runs: 'unknown', why: 'runs it only if built with the experimental Spin handler' },
  'engine-converts': {
    runs: 'unknown',
    why: 'runs text only if its engine converts it, which neither WasmEdge nor Wasmtime does',
  },
  'plain-entrypoint': {
    runs: 'unknown',
    why: 'runs the entrypoint only if that file needs nothing from Spin',
  },
  untried: { runs: 'unknown', why: 'is untested with such an image' },
  'no-engine': { runs: 'no', why: 'runs Linux programs only' },
  'engine-for-all': { runs: 'no', why: 'hands every container to its Wasm engine' },
  'modules-only': { runs: 'no', why: 'runs core modules only, and this is a component' },
  'no-file': { runs: 'no', why: "needs a file in the image's file system, not a Wasm layer" },
  'behind-index': { runs: 'no', why: 'does not load Wasm layers through an index' },
  'other-layers': { runs: 'no', why: 'does not know this kind of layer' },
  'no-host': { runs: 'no', why: 'cannot host this kind of application' },
  'apps-only': { runs: 'no', why: 'runs only applications made for it' },
  text: { runs: 'no', why: 'does not run WebAssembly text' },
  foreign: { runs: 'no', why: 'does not run this kind of artifact; no RuntimeClass does' },
} as const satisfies Readonly<Record<string, Reason>>;

export type ReasonId = keyof typeof REASONS;

interface Row {
  /** The image in words. */
  readonly what: string;
  readonly cells: Readonly<Record<Engine, ReasonId>>;
  /** Where the cells that no node was measured for were read. The record of the node test has the others. */
  readonly source: string;
}

/** Fills a row: `rest` for all but Linux runtimes and the special cases. */
function cells(linux: ReasonId, rest: ReasonId, special: Partial<Row['cells']>): Row['cells'] {
  return {
    linux,
    crun: rest,
    'crun-wasm': rest,
    wasmtime: rest,
    'module-shim': rest,
    'any-shim': rest,
    spin: rest,
    slight: rest,
    wws: rest,
    lunatic: rest,
    ...special,
  };
}

const ARTIFACT_HOSTS = { slight: 'apps-only', wws: 'apps-only', lunatic: 'apps-only' } as const;
const NO_FILE = { crun: 'no-file', 'crun-wasm': 'no-file' } as const;
const FILE_HOSTS = { slight: 'needs-host-file', wws: 'needs-host-file', lunatic: 'untried' } as const;
const CRUN_FILES = { crun: 'annotated', 'crun-wasm': 'module' } as const;

export const MATRIX: Readonly<Record<ImageForm, Row>> = {
  linux: {
    what: 'a Linux image',
    cells: cells('linux', 'linux', { 'crun-wasm': 'engine-for-all' }),
    source: 'runwasi containerd-shim-wasm executor.rs: ELF or #! is a Linux container',
  },
  'wasi-files': {
    what: 'a Wasm file in a file-system layer',
    cells: cells('no-engine', 'module', { ...CRUN_FILES, spin: 'needs-host-file', ...FILE_HOSTS }),
    source: 'spin: containerd-shim-spin source.rs; slight, wws, lunatic: deislabs containerd-wasm-shims',
  },
  'module-file': {
    what: 'a core module in a file-system layer',
    cells: cells('no-engine', 'module', { ...CRUN_FILES, spin: 'apps-only', ...FILE_HOSTS }),
    source: 'libcrun handler-utils.c; runwasi src/sandbox/mod.rs (magic bytes)',
  },
  'component-file': {
    what: 'a component in a file-system layer',
    cells: cells('no-engine', 'modules-only', {
      wasmtime: 'component',
      'any-shim': 'engine-unknown',
      spin: 'needs-host-file',
      slight: 'needs-host-file',
      wws: 'needs-host-file',
    }),
    source: 'wasmer, wamr: runwasi containerd-shim-{wasmer,wamr}; crun issue 1871',
  },
  'text-file': {
    what: 'WebAssembly text in a file-system layer',
    cells: cells('no-engine', 'text', {
      crun: 'engine-converts',
      'crun-wasm': 'engine-converts',
      'module-shim': 'engine-converts',
      'any-shim': 'engine-unknown',
    }),
    source: 'libcrun handlers/wasmer.c converts text; wasmtime.c hands its compiler the wrong bytes',
  },
  'artifact-module': {
    what: 'a Wasm artifact (CNCF layout) with a core module',
    cells: cells('no-engine', 'module', { ...NO_FILE, spin: 'http-only', ...ARTIFACT_HOSTS }),
    source: 'spin: containerd-shim-spin source.rs since 0.23',
  },
  'artifact-component': {
    what: 'a Wasm artifact (CNCF layout) with a component',
    cells: cells('no-engine', 'modules-only', {
      ...NO_FILE,
      wasmtime: 'component',
      'any-shim': 'engine-unknown',
      spin: 'http-only',
      ...ARTIFACT_HOSTS,
    }),
    source: 'spin: spin crates/loader from_wasm_file builds an HTTP trigger',
  },
  'layer-module': {
    what: 'a runwasi image with a Wasm layer',
    cells: cells('no-engine', 'module', {
      ...NO_FILE,
      spin: 'other-layers',
      slight: 'apps-only',
      wws: 'apps-only',
      lunatic: 'untried',
    }),
    source: 'spin: layer types in containerd-shim-spin engine.rs',
  },
  'layer-component': {
    what: 'a runwasi image with a component as its Wasm layer',
    cells: cells('no-engine', 'modules-only', {
      ...NO_FILE,
      wasmtime: 'component',
      'any-shim': 'engine-unknown',
      spin: 'other-layers',
      ...ARTIFACT_HOSTS,
    }),
    source: 'spin: layer types in containerd-shim-spin engine.rs',
  },
  'indexed-layer': {
    what: 'an image or artifact with a Wasm layer, reached through an index',
    cells: cells('no-engine', 'behind-index', NO_FILE),
    source: 'runwasi containerd-shim-wasm client.rs',
  },
  'spin-app': {
    what: 'a Spin application',
    cells: cells('no-engine', 'no-host', { ...NO_FILE, 'any-shim': 'engine-unknown', spin: 'spin' }),
    source: 'spin: containerd-shim-spin source.rs; runwasi pull request 1101',
  },
  'spin-files': {
    what: 'an application for a Wasm host, such as Spin, as a file system without a command',
    cells: cells('no-engine', 'no-host', {
      crun: 'spin-build',
      'any-shim': 'engine-unknown',
      spin: 'looks-like-spin',
      slight: 'needs-host-file',
      wws: 'needs-host-file',
    }),
    source: 'libcrun handlers/spin.c; containerd-shim-spin constants.rs',
  },
  'spin-rootfs': {
    what: 'a Spin application as a file system, with its /spin.toml found in the layers',
    cells: cells('no-engine', 'no-host', { crun: 'spin-build', 'any-shim': 'engine-unknown', spin: 'spin' }),
    source: 'libcrun handlers/spin.c; containerd-shim-spin constants.rs, source.rs',
  },
  'spin-manifest': {
    what: 'a Spin application as a file system, whose entrypoint is its /spin.toml',
    cells: cells('no-engine', 'no-host', { 'any-shim': 'engine-unknown', spin: 'spin' }),
    source: 'containerd-shim-spin source.rs',
  },
  'spin-entrypoint': {
    what: 'a Spin application as a file system, whose entrypoint is one of its Wasm files',
    cells: cells('no-engine', 'plain-entrypoint', {
      'any-shim': 'engine-unknown',
      spin: 'spin',
      slight: 'no-host',
      wws: 'no-host',
      lunatic: 'no-host',
    }),
    source: 'containerd-shim-spin source.rs: /spin.toml counts, whatever the entrypoint',
  },
  'slight-files': {
    what: 'a slight application',
    cells: cells('no-engine', 'no-host', { 'any-shim': 'engine-unknown', slight: 'slight' }),
    source: 'deislabs containerd-wasm-shims (archived): /slightfile.toml and /app.wasm',
  },
  'other-files': {
    what: 'files for a Wasm platform without a command, other than those of Spin and slight',
    cells: cells('no-engine', 'no-host', { 'any-shim': 'engine-unknown', wws: 'needs-host-file' }),
    source: 'deislabs containerd-wasm-shims: wws serves whatever workers it finds',
  },
  foreign: {
    what: 'an artifact that is not a workload',
    cells: cells('foreign', 'foreign', {}),
    source: 'none of these artifacts holds anything that a shim loads',
  },
};
