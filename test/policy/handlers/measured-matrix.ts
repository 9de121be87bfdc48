import type { ContainerVerdict, NotAWorkloadVerdict, WasmVerdict } from '../../../src/detect/verdict.ts';

/**
 * Results of starting these images on real nodes: containerd 2.1 to 2.4, runc 1.3.6, crun 1.27.1 with WasmEdge 0.17.1,
 * runwasi shims of wasmtime and wasmedge 0.6.0. Copied from the record of those runs, not from the table under test. Leaves out
 * images that no node pulls, which `ImageFacts.pull` covers.
 */
export type Outcome =
  /** Ran and printed. */
  | 'ran'
  /** Ran as an ordinary Linux container. */
  | 'linux'
  /** Never started. */
  | 'rejected'
  /** Started and ended with an error. */
  | 'failed';

export const MEASURED_HANDLERS = ['runc', 'crun', 'crun-wasm', 'wasmtime', 'wasmedge'] as const;
export type MeasuredHandler = (typeof MEASURED_HANDLERS)[number];

export interface MeasuredRow {
  readonly image: string;
  readonly verdict: WasmVerdict | ContainerVerdict | NotAWorkloadVerdict;
  /** crun, with the annotation compat-smart passed on. */
  readonly outcomes: Readonly<Record<MeasuredHandler, Outcome>>;
  /** Handlers that could run the image with another build or annotation, so "unknown" is the right result. */
  readonly open: readonly MeasuredHandler[];
}

type Sketch = Pick<WasmVerdict, 'flavour' | 'shape'> & Partial<WasmVerdict>;

function wasm(sketch: Sketch): WasmVerdict {
  return { kind: 'wasm', packaging: 'tar', firstArgument: '/app.wasm', evidence: [], ...sketch };
}

function artifact(sketch: Sketch): WasmVerdict {
  return wasm({ packaging: 'oci-layer', firstArgument: 'app.wasm', ...sketch });
}

const LINUX: ContainerVerdict = { kind: 'container', evidence: [] };
const POLICY_MODULE: NotAWorkloadVerdict = {
  kind: 'not-a-workload',
  flavour: 'wasm-to-oci',
  what: 'a bare module',
  evidence: [],
};

/** Describes a measured image, with its results in the order of MEASURED_HANDLERS. */
function row(
  image: string,
  verdict: MeasuredRow['verdict'],
  { saw, open = [] }: { saw: string; open?: readonly MeasuredHandler[] },
): MeasuredRow {
  const [runc, crun, crunWasm, wasmtime, wasmedge] = saw.split(' ') as Outcome[];
  if (!runc || !crun || !crunWasm || !wasmtime || !wasmedge) throw new Error(`Row "${image}" is incomplete`);
  return { image, verdict, outcomes: { runc, crun, 'crun-wasm': crunWasm, wasmtime, wasmedge }, open };
}

export const MEASURED: readonly MeasuredRow[] = [
  row('wasi/wasm tar image, core module', wasm({ flavour: 'wasi-image', shape: null }), {
    saw: 'rejected ran ran ran ran',
  }),
  row('wasi/wasm tar image, component', wasm({ flavour: 'wasi-image', shape: 'component' }), {
    saw: 'rejected failed failed ran failed',
  }),
  row('linux/amd64 image with the annotation', wasm({ flavour: 'annotated-image', shape: null }), {
    saw: 'rejected ran ran ran ran',
  }),
  row('linux/amd64 image, .wasm entrypoint', wasm({ flavour: 'wasm-entrypoint', shape: 'module' }), {
    saw: 'rejected ran ran ran ran',
  }),
  row(
    'linux/amd64 image, .wasm entrypoint, component',
    wasm({ flavour: 'wasm-entrypoint', shape: 'component' }),
    { saw: 'rejected failed failed ran failed' },
  ),
  row('linux/wasm image, .wasm entrypoint', wasm({ flavour: 'wasi-image', shape: 'module' }), {
    saw: 'rejected ran ran ran ran',
  }),
  row('entrypoint /APP.WASM', wasm({ flavour: 'wasm-entrypoint', shape: null, firstArgument: '/APP.WASM' }), {
    saw: 'rejected rejected ran ran ran',
    open: ['crun'],
  }),
  row('entrypoint /app.wat', wasm({ flavour: 'wasm-entrypoint', shape: null, firstArgument: '/app.wat' }), {
    saw: 'rejected failed failed failed failed',
    open: ['crun', 'crun-wasm', 'wasmedge'],
  }),
  row('wasm-to-oci artifact, with a command', POLICY_MODULE, {
    saw: 'rejected failed failed rejected rejected',
  }),
  row('CNCF artifact, core module', artifact({ flavour: 'oci-module', shape: 'module' }), {
    saw: 'rejected failed failed ran ran',
  }),
  row('CNCF artifact, component', artifact({ flavour: 'oci-component', shape: 'component' }), {
    saw: 'rejected failed failed ran failed',
  }),
  row('Spin 2 artifact', artifact({ flavour: 'spin-app', shape: 'application', firstArgument: '/' }), {
    saw: 'rejected rejected failed rejected rejected',
  }),
  row('spin.toml in a file system', wasm({ flavour: 'spin-rootfs', shape: null, firstArgument: '/' }), {
    saw: 'rejected rejected failed rejected rejected',
    open: ['crun'],
  }),
  row('runwasi image, core module', artifact({ flavour: 'runwasi-oci', shape: null }), {
    saw: 'rejected failed failed ran ran',
  }),
  row('runwasi image, component', artifact({ flavour: 'runwasi-oci', shape: 'component' }), {
    saw: 'rejected failed failed ran failed',
  }),
  row('Linux image', LINUX, { saw: 'linux linux failed linux linux' }),
];
