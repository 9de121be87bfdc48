import type { Container, PodSpec } from '../../src/pod/pod.ts';
import type { MeasuredImage } from './measured-images.ts';

/**
 * Outcomes of Pods on a real node (Kubernetes 1.36.3, containerd 2.2.9, runc 1.4.4, crun 1.27.1 with WasmEdge 0.17.1, the
 * Wasmtime shim of runwasi 0.6.0; one amd64 node). Copied from the record of the runs, not from a table of wasmgate.
 */
export const MEASURED_CLASSES = ['runc', 'wasmtime', 'crun'] as const;
export type MeasuredClass = (typeof MEASURED_CLASSES)[number];

/** `r`: every container ran or completed · `f`: a container failed, or the Pod never became ready · `-`: unknown. */
export type Outcome = 'r' | 'f' | '-';

export interface MeasuredPod {
  readonly name: string;
  readonly containers: readonly Partial<Container>[];
  readonly init?: readonly Partial<Container>[];
  readonly spec?: Partial<PodSpec>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** The outcome under each class. Under crun, the Pod has the annotation compat-smart unless it sets its own. */
  readonly saw: Readonly<Record<MeasuredClass, Outcome>>;
  /** Why wasmgate has no finding about a failure, by class. */
  readonly silent?: Readonly<Partial<Record<MeasuredClass, string>>>;
}

type Parts = Omit<MeasuredPod, 'name' | 'containers' | 'saw'>;

function sawOf(saw: string): MeasuredPod['saw'] {
  const [runc, wasmtime, crun] = saw.split(' ') as Outcome[];
  if (!runc || !wasmtime || !crun) throw new Error(`"${saw}" is incomplete`);
  return { runc, wasmtime, crun };
}

/** Describes a Pod of one container. `saw` has the outcomes in the order of MEASURED_CLASSES. */
function row(
  saw: string,
  image: MeasuredImage,
  container: Partial<Container> = {},
  parts: Parts = {},
): MeasuredPod {
  const { command, args } = container;
  const words = [command?.join(' '), args?.join(' ')].filter((word) => word !== undefined).join(' + ');
  const name = words === '' ? image : `${image}: ${words}`;
  return { name, containers: [{ image, ...container }], saw: sawOf(saw), ...parts };
}

function podRow(name: string, saw: string, pod: Omit<MeasuredPod, 'name' | 'saw'>): MeasuredPod {
  return { name, saw: sawOf(saw), ...pod };
}

const NO_SIGN = 'a Linux image without a sign of Wasm, which starts nothing anywhere';
const SERVICE = 'the variable may be one of a Service';
const SHELL = 'what a shell does with its arguments is not visible';

const IMAGES: readonly MeasuredPod[] = [
  row('r r r', 'busybox'),
  row('f r r', 'wasi'),
  row('f r r', 'wasip1'),
  row('f r r', 'linux'),
  row('f r r', 'linux, by CMD'),
  row('f r f', 'linux, no extension'),
  row('f r f', 'linux, upper case'),
  row('f f f', 'linux, text'),
  row('f r r', 'linux/arm64'),
  row('f r r', 'linux/wasm'),
  row('f r r', 'linux, relative'),
  row('f r r', 'wasi, relative'),
  row('f r r', 'in /srv'),
  row('f r r', 'in /srv by ./'),
  row('f f f', 'on PATH'),
  row('f r f', 'with #'),
  row('f f f', 'linux, file missing'),
  row('f f f', 'wasi, file missing'),
  row('f f f', 'linux, no entrypoint', {}, { silent: { runc: NO_SIGN, wasmtime: NO_SIGN, crun: NO_SIGN } }),
  row('f f f', 'wasi, no entrypoint'),
  row('f f f', 'shell starts it', {}, { silent: { runc: SHELL, wasmtime: SHELL, crun: SHELL } }),
  row('f f f', 'wasi, shell'),
  row('r r r', 'wasi, ELF'),
  row('f f f', 'no module'),
  row('r r f', 'script called .wasm'),
  row('r r f', 'ELF called .wasm'),
  row('f r f', 'component in tar'),
  row('f r f', 'component in linux'),
  row('f r f', 'layer'),
  row('f r f', 'layer of application/wasm'),
  row('f f f', 'layer, no command'),
  row('f f f', 'two layers'),
  row('f r f', 'component layer'),
  row('f f f', 'CNCF module'),
  row('f f f', 'CNCF component'),
  row('f f f', 'index of wasi'),
  row('f r r', 'index of amd64'),
  row('f f f', 'index of arm64'),
  row('r r r', 'index of ELF and wasi'),
  row('f f f', 'index of linux/wasm'),
  row('f r r', 'index without platform, linux'),
  row('f f f', 'index without platform, wasi'),
  row('f r r', 'index of amd64, wasi inside'),
  row('f f f', 'spin.toml, wasi'),
  row('f f f', 'spin.toml, linux'),
  row('f f f', 'spin, no entrypoint, linux'),
  row('f r r', 'spin, module as entrypoint'),
  row('f f f', 'spin, no entrypoint, wasi'),
];

const env = (value: string) => [{ name: 'M', value }];

const COMMANDS: readonly MeasuredPod[] = [
  row('f r f', 'CNCF module', { command: ['app.wasm'] }),
  row('f r f', 'CNCF module', { command: ['/'] }),
  row('f r f', 'CNCF module', { command: ['app.wasm'], args: ['--x'] }),
  row('f r f', 'CNCF module', { args: ['app.wasm'] }),
  row('f r f', 'CNCF component', { command: ['app.wasm'] }),
  row('f r f', 'CNCF component', { command: ['/'] }),
  row('f r f', 'layer, no command', { command: ['app.wasm'] }),
  row('f r f', 'layer, no command', { command: ['/'] }),
  row('f f f', 'two layers', { command: ['app.wasm'] }),
  row('f f f', 'spin, no entrypoint, wasi', { command: ['hello.wasm'] }),
  row('f f f', 'spin, no entrypoint, wasi', { command: ['/'] }),
  row('f r r', 'wasi', { command: ['$(M)'], env: env('/app.wasm') }),
  row('f r r', 'linux, no entrypoint', { command: ['$(M)'], env: env('/app.wasm') }),
  row('f r r', 'wasi', { command: ['/$(M).wasm'], env: env('app') }),
  row('f f f', 'wasi', { command: ['$$(M)'], env: env('/app.wasm') }),
  row('f f f', 'wasi', { command: ['$(NOPE)'] }, { silent: { wasmtime: SERVICE } }),
  row('f r f', 'layer', { args: ['x', 'y'] }),
  row('f r r', 'linux, no entrypoint', { command: ['/app.wasm'] }),
  row('f r r', 'linux, no entrypoint', { command: ['app.wasm'] }),
  row('f f f', 'linux, no entrypoint', { command: ['/b.wasm'] }),
  row('f f f', 'wasi', { command: ['/nope.wasm'] }),
  row('f f f', 'wasi', { command: ['/bin/sh', '-c', '/app.wasm'] }),
  row('f f f', 'linux', { command: ['/bin/sh'] }),
  row('r r r', 'busybox', { command: ['/bin/echo', '/app.wasm'] }),
  row('f r r', 'in /srv', { workingDir: '/', command: ['srv/app.wasm'] }),
  row('f r r', 'in /srv', { command: ['./app.wasm'] }),
  row('f r r', 'in /srv', { command: ['../srv/app.wasm'] }),
  row('f r f', 'linux', { command: ['/app.wasm#_start'] }),
  row('f r f', 'layer', { command: ['/'] }),
  row('f r f', 'layer', { command: ['whatever'] }),
  row('f r f', 'layer', { command: ['/bin/sh', '-c', 'hello'] }),
  row('f r r', 'wasi, no entrypoint', { command: ['/app.wasm'] }),
  row('f f f', 'wasi, no entrypoint', { command: ['/'] }),
  row('f r f', 'linux, upper case', { command: ['/APP.WASM'] }),
  row('f r f', 'linux, no extension', { command: ['/app'] }),
];

const W = { image: 'wasi' };
const SIDE = { name: 'side', image: 'busybox', command: ['/bin/sleep', '3600'] };
const EXEC = { exec: { command: ['/bin/true'] } };
const READ_ONLY = { securityContext: { readOnlyRootFilesystem: true } };
const MOUNT = { volumeMounts: [{ mountPath: '/m' }] };
const BY_VOLUME = 'a volume brings the file';

const PODS: readonly MeasuredPod[] = [
  podRow('a sidecar after', 'f r r', { containers: [W, SIDE] }),
  podRow('a sidecar before', 'f r r', { containers: [SIDE, W] }),
  podRow('a Linux init container', 'f r r', { containers: [W], init: [{ ...SIDE, name: 'init' }] }),
  podRow('a native sidecar', 'f r r', { containers: [W], init: [{ ...SIDE, restartPolicy: 'Always' }] }),
  podRow('a Wasm init container', 'f r r', { containers: [SIDE], init: [W] }),
  podRow('a terminal', 'f f r', { containers: [{ ...W, tty: true }] }),
  podRow('a user namespace', 'f f r', { containers: [W], spec: { hostUsers: false } }),
  podRow('a read-only root', 'f r r', { containers: [{ ...W, ...READ_ONLY }] }),
  podRow('a read-only root, layer', 'f r f', { containers: [{ image: 'layer', ...READ_ONLY }] }),
  podRow('a missing working directory', 'f f r', { containers: [{ ...W, workingDir: '/nope' }] }),
  podRow('a volume', 'f r r', { containers: [{ ...W, ...MOUNT }] }),
  podRow('a volume with a file that is not a module', 'f f f', {
    containers: [{ image: 'busybox', command: ['/m/app.wasm'], ...MOUNT }],
    silent: { wasmtime: BY_VOLUME },
  }),
  podRow('exec liveness of a sidecar', 'f r r', { containers: [W, { ...SIDE, livenessProbe: EXEC }] }),
  podRow('exec readiness of a sidecar', 'f f r', { containers: [W, { ...SIDE, readinessProbe: EXEC }] }),
  podRow('exec startup of a sidecar', '- f r', { containers: [W, { ...SIDE, startupProbe: EXEC }] }),
  podRow('a postStart hook of a sidecar', 'f f r', {
    containers: [W, { ...SIDE, lifecycle: { postStart: EXEC } }],
  }),
  podRow('module and component', 'f r f', { containers: [W, { image: 'component in tar' }] }),
  podRow('compat with a sidecar', '- r f', {
    containers: [W, SIDE],
    annotations: { 'module.wasm.image/variant': 'compat' },
  }),
  podRow('compat', '- - r', { containers: [W], annotations: { 'module.wasm.image/variant': 'compat' } }),
  podRow('a misspelled annotation', '- - f', {
    containers: [W],
    annotations: { 'module.wasm.image/variant': 'compat-smrt' },
  }),
  ...(
    [
      ['wasm', 'r', 'f'],
      ['wasm-smart', '-', 'r'],
      ['wasmtime', 'f', 'f'],
      ['wasmedge', 'r', 'f'],
    ] as const
  ).flatMap(([engine, alone, beside]) => [
    podRow(`run.oci.handler ${engine}`, `- - ${alone}`, {
      containers: [W],
      annotations: { 'run.oci.handler': engine },
    }),
    podRow(`run.oci.handler ${engine} with a sidecar`, `- - ${beside}`, {
      containers: [W, SIDE],
      annotations: { 'run.oci.handler': engine },
    }),
  ]),
];

export const MEASURED_PODS: Readonly<Record<string, readonly MeasuredPod[]>> = {
  'unchanged images': IMAGES,
  'commands of the Pod': COMMANDS,
  'other fields of the Pod': PODS,
};

/** Real images from test/images, unchanged. */
export const MEASURED_CORPUS: Readonly<Record<string, string>> = {
  'bk-js-wasm': 'f - -',
  'bk-linux-and-wasi-list': 'r r r',
  'bk-linux-wasm-entrypoint-label': 'f r r',
  'bk-wasi-wasm': 'f r r',
  'bk-wasi-wasm-provenance': 'f f f',
  'bk-wasi-wasm32-docker': 'f r r',
  'buildah-compat-smart-annotation': 'f r r',
  'buildah-wasi-wasm': 'f r r',
  'cosign-attestation': 'f f f',
  'crane-index-mixed': 'r r r',
  'crane-nested-index': 'r r r',
  'helm-chart': 'f f f',
  'in-toto-referrer': 'f f f',
  'index-linux-only-no-platform': 'r r r',
  'index-wasi-no-platform': 'f f f',
  'istio-proxywasm-compat': 'f f f',
  'kubewarden-policy': 'f f f',
  'linux-cmd-wasmtime-run': 'r r r',
  'linux-inherited-label': 'r r r',
  'linux-plain': 'r r r',
  'linux-sh-c-wasm': 'r r r',
  'linux-wasm-asset': 'r r r',
  'oci-wasm-module': 'f f f',
  'oras-empty-image-config': 'f f f',
  'oras-generic-artifact': 'f f f',
  'oras-index-component': 'f f f',
  'oras-v10-artifact': 'f f f',
  'runwasi-tar-builder': 'f r f',
  'slight-wasi': 'f f f',
  'spin-rootfs-wasi': 'f f f',
  'spin-v1-app': 'f f f',
  'spin-v2-app': 'f f f',
  'umoci-wasip1-wasm': 'f r r',
  'wasm-to-oci-module': 'f f f',
  'wasmcloud-actor': 'f f f',
  'wkg-cli-component': 'f f f',
  'wkg-core-module': 'f f f',
  'wkg-wit-package': 'f f f',
};

export const CORPUS_PODS: readonly MeasuredPod[] = Object.entries(MEASURED_CORPUS).map(([name, saw]) => ({
  name,
  containers: [{ image: `corpus/${name}` }],
  saw: sawOf(saw),
}));
