import { RESTRICTED_CONTEXT } from '../restricted-context.ts';
import { type CasePod, podOf } from './node-case.ts';

/** A Pod that wasmgate admits without a warning, and what it prints. */
export interface AdmittedPod {
  readonly what: string;
  readonly pod: CasePod;
  /** The class that it gets; null for none. */
  readonly runtimeClass: string | null;
  /** A line of the log of its container `app`. */
  readonly prints: string;
}

const HELLO = 'hello from wasm';
/** First starts of OCI layers can collide (see the finding packaging-advice), and only a restart helps. */
const RESTARTED = { restartPolicy: 'OnFailure' };

function wasm(what: string, pod: CasePod, prints: string = HELLO): AdmittedPod {
  return { what, pod, runtimeClass: 'wasmtime', prints };
}

function module(
  container: Readonly<Record<string, unknown>>,
  spec: Readonly<Record<string, unknown>> = {},
): CasePod {
  return podOf('wasi-module', container, spec);
}

function layer(
  container: Readonly<Record<string, unknown>> = {},
  spec: Readonly<Record<string, unknown>> = {},
): CasePod {
  return podOf('fault-layer', container, { ...RESTARTED, ...spec });
}

const NAMED = [{ name: 'FILE', value: 'app' }];
const VOLUME = { volumes: [{ name: 'data', emptyDir: {} }] };

const COMMANDS: readonly AdmittedPod[] = [
  wasm('a command that contains a variable', module({ command: ['/$(FILE).wasm'], env: NAMED })),
  wasm(
    'a command that consists of a variable',
    module({ command: ['$(FILE)'], env: [{ name: 'FILE', value: '/app.wasm' }] }),
  ),
  wasm('a command with arguments', module({ command: ['/app.wasm', 'one'], args: ['two'] })),
  wasm('arguments for the entrypoint of an image', module({ args: ['--verbose'] })),
  wasm('a function named in the command', module({ command: ['/app.wasm#_start'] })),
  wasm('a command relative to the working directory', podOf('relative-module')),
  wasm(
    'a working directory of the Pod',
    podOf('relative-module', { workingDir: '/', command: ['srv/app.wasm'] }),
  ),
  wasm('a command with .. in its path', podOf('relative-module', { command: ['../srv/app.wasm'] })),
  wasm(
    'a command for an image without an entrypoint',
    podOf('module-without-entrypoint', { command: ['/app.wasm'] }),
  ),
  wasm('any command for a CNCF artifact', podOf('fault-artifact', { command: ['whatever'] }, RESTARTED)),
  wasm(
    'arguments as the command of a CNCF artifact',
    podOf('fault-artifact', { args: ['app.wasm'] }, RESTARTED),
  ),
  wasm('any command for a Wasm layer', layer({ command: ['/'] })),
];

const IMAGES: readonly AdmittedPod[] = [
  wasm('an executable file', podOf('executable-module')),
  wasm('a module in a file without an extension', podOf('nameless-module')),
  wasm('a file name in upper case', podOf('uppercase-module')),
  wasm('a single manifest for arm64, on a node for amd64', podOf('arm64-module')),
  wasm('an image for linux/wasm', podOf('linux-wasm-module')),
  wasm('an index with provenance for the architecture of the node', podOf('amd64-index')),
  wasm('an index whose only entry has no platform', podOf('index-without-platforms')),
  wasm('a Wasm layer', layer()),
  {
    what: 'an index of Linux and wasi/wasm without a class',
    pod: podOf('linux-and-wasi-index'),
    runtimeClass: null,
    prints: 'the Linux entry',
  },
  {
    what: 'a shell that starts a Linux program, in an image with a module',
    pod: podOf('module-beside-a-shell', { command: ['/bin/sh', '-c', 'echo a shell; /bin/sleep 0.3'] }),
    runtimeClass: null,
    prints: 'a shell',
  },
  {
    what: 'a Linux program with a module as argument',
    pod: podOf('busybox', { command: ['/bin/echo', '/app.wasm'] }),
    runtimeClass: null,
    prints: '/app.wasm',
  },
  {
    what: 'a Linux program under class wasmtime',
    pod: podOf('busybox', { command: ['/bin/echo', 'Linux in a shim'] }, { runtimeClassName: 'wasmtime' }),
    runtimeClass: 'wasmtime',
    prints: 'Linux in a shim',
  },
];

const FIELDS: readonly AdmittedPod[] = [
  wasm('standard input', module({ stdin: true })),
  wasm('the network of the host', module({}, { hostNetwork: true })),
  wasm('the processes of the host', module({}, { hostPID: true })),
  wasm('the restricted standard of Pod Security', module({ securityContext: RESTRICTED_CONTEXT })),
  wasm('the restricted standard, for a Wasm layer', layer({ securityContext: RESTRICTED_CONTEXT })),
  wasm('a privileged container', module({ securityContext: { privileged: true } })),
  wasm('an emptyDir', module({ volumeMounts: [{ name: 'data', mountPath: '/data' }] }, VOLUME)),
  wasm('a runAsUser that the image does not define', module({ securityContext: { runAsUser: 65_532 } })),
  wasm('a shared process namespace', module({}, { shareProcessNamespace: true })),
  wasm('Pod-level resources', module({}, { resources: { limits: { memory: '64Mi', cpu: '500m' } } })),
  wasm('limits that the container sets', module({ resources: { limits: { memory: '64Mi', cpu: '1' } } })),
  wasm('a small memory limit that suffices', module({ resources: { limits: { memory: '4Mi' } } })),
  wasm('a nodeSelector', module({}, { nodeSelector: { 'kubernetes.io/os': 'linux' } })),
  wasm('a Pod that names its class', module({}, { runtimeClassName: 'wasmtime' })),
  wasm('two modules', {
    spec: {
      containers: [
        { name: 'app', image: 'wasi-module' },
        { name: 'other', image: 'linux-module' },
      ],
    },
  }),
  wasm('a Linux init container', {
    spec: {
      ...module({}).spec,
      initContainers: [{ name: 'first', image: 'busybox', command: ['/bin/true'] }],
    },
  }),
  {
    what: 'a module as init container of a Linux program',
    pod: {
      spec: {
        containers: [{ name: 'app', image: 'busybox', command: ['/bin/echo', 'after the module'] }],
        initContainers: [{ name: 'first', image: 'wasi-module' }],
      },
    },
    runtimeClass: 'wasmtime',
    prints: 'after the module',
  },
  wasm('a module that an init container writes into a volume', {
    spec: {
      ...podOf(
        'busybox',
        { command: ['/data/app.wasm'], volumeMounts: [{ name: 'data', mountPath: '/data' }] },
        VOLUME,
      ).spec,
      initContainers: [
        {
          name: 'first',
          image: 'module-beside-a-shell',
          command: ['/bin/cp', '/app.wasm', '/data/app.wasm'],
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        },
      ],
    },
  }),
];

export const ADMITTED_PODS: readonly AdmittedPod[] = [...COMMANDS, ...IMAGES, ...FIELDS];
