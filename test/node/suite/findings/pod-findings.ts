import type { FindingId } from '../../../../src/policy/finding-catalog.ts';
import { type FindingEvidence, notShown, podOf, shown, withSidecar } from './node-case.ts';
import { CLASSES } from './stage-objects.ts';

const ON_WASMTIME = { runtimeClassName: 'wasmtime' };
const ON_CRUN = { runtimeClassName: CLASSES.crun };

/** Those of each Wasm Pod on crun that does not restart its containers. */
const ALSO_ON_CRUN = ['annotation-delivery-unknown', 'exit-code-lost'] as const;

const VARIANT = 'module.wasm.image/variant';

const EXEC = { exec: { command: ['/bin/true'] } };
const OFTEN = { ...EXEC, periodSeconds: 1, failureThreshold: 1 };

/** What is found about fields of the Pod. */
export const POD_FINDINGS = {
  'node-selector-conflict': shown({
    kind: 'rejected',
    what: 'a nodeSelector that contradicts that of the class',
    pod: podOf(
      'wasi-module',
      {},
      {
        runtimeClassName: CLASSES.selecting,
        nodeSelector: { 'kubernetes.io/hostname': 'another-node' },
      },
    ),
    named: ['conflict: runtimeClass.scheduling.nodeSelector[', '; pod.spec.nodeSelector['],
    shows: ['event FailedCreate'],
  }),
  'overhead-conflict': shown({
    kind: 'rejected',
    what: 'an overhead other than that of the class',
    pod: podOf('wasi-module', {}, { runtimeClassName: CLASSES.selecting, overhead: { memory: '10Mi' } }),
    named: ["pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"],
    shows: ['event FailedCreate'],
  }),
  'linux-container-under-compat': shown({
    kind: 'denied',
    what: 'a Linux sidecar with annotation compat on crun',
    needs: 'crun',
    pod: withSidecar({}, { annotations: { [VARIANT]: 'compat' }, spec: ON_CRUN }),
    engine: 'wasmedge',
    also: ALSO_ON_CRUN,
    named: ['load library failed:/bin/sh: cannot dynamically load executable'],
    shows: ['app: Completed, exit code 0', 'side: Error, exit code 1'],
  }),
  'annotation-conflict': shown(
    {
      kind: 'warned',
      what: 'an unknown value of the annotation on crun',
      needs: 'crun',
      pod: { ...podOf('linux-module', {}, ON_CRUN), annotations: { [VARIANT]: 'compat-smrt' } },
      also: ALSO_ON_CRUN,
      named: ['StartError', 'exists but it is not executable: Operation not permitted'],
    },
    {
      kind: 'warned',
      what: 'a file name in upper case on crun',
      needs: 'crun',
      pod: podOf('uppercase-module', {}, ON_CRUN),
      also: ['exit-code-lost'],
      named: ['StartError', 'exists but it is not executable: Operation not permitted'],
    },
    {
      kind: 'warned',
      what: 'run.oci.handler on crun-wasm',
      needs: 'crun-wasm',
      pod: {
        ...podOf('linux-module', {}, { runtimeClassName: CLASSES.crunWasm }),
        annotations: { 'run.oci.handler': 'wasm' },
      },
      also: ['exit-code-lost'],
      named: ['StartError', 'invalid attempt to override already configured global handler'],
    },
  ),
  'annotation-delivery-unknown': shown({
    kind: 'warned',
    what: 'a module on crun; the node runs it under crun-plain, where containerd passes on no annotations',
    needs: 'crun-plain',
    pod: { ...podOf('linux-module', {}, ON_CRUN), annotations: { [VARIANT]: 'compat-smart' } },
    under: CLASSES.crunPlain,
    also: ['exit-code-lost'],
    named: ['StartError', 'exists but it is not executable: Operation not permitted'],
  }),
  'exec-probe-unsupported': shown(
    {
      kind: 'warned',
      what: 'a Linux sidecar with an exec liveness probe',
      pod: withSidecar({ livenessProbe: OFTEN }, { spec: ON_WASMTIME }),
      named: [
        'Liveness probe errored and resulted in unknown state',
        '/containerd.task.v2.Task/Exec is not supported',
      ],
      shows: ['side: running'],
    },
    {
      kind: 'warned',
      what: 'a Linux sidecar with an exec readiness probe',
      pod: withSidecar({ readinessProbe: OFTEN }, { spec: ON_WASMTIME }),
      named: ['/containerd.task.v2.Task/Exec is not supported'],
      shows: ['Readiness probe errored', 'side: running, not ready'],
    },
    {
      kind: 'warned',
      what: 'a Linux sidecar with an exec startup probe',
      pod: withSidecar({ startupProbe: OFTEN }, { spec: ON_WASMTIME }),
      named: ['/containerd.task.v2.Task/Exec is not supported'],
      shows: ['Startup probe errored', 'side: running, not ready'],
    },
    {
      kind: 'warned',
      what: 'a Linux sidecar with an exec postStart hook',
      pod: withSidecar({ lifecycle: { postStart: EXEC } }, { spec: ON_WASMTIME }),
      named: ['FailedPostStartHook'],
      shows: ['side: Error, exit code 137'],
    },
  ),
  'read-only-root-unsupported': notShown("Needs Spin's shim, which the suite does not build."),
  'tty-unsupported': shown({
    kind: 'warned',
    what: 'a module with a terminal',
    pod: podOf('wasi-module', { tty: true }, ON_WASMTIME),
    named: ['StartError', 'terminal is not supported'],
  }),
  'user-namespace-unsupported': shown({
    kind: 'warned',
    what: 'a module in a user namespace',
    pod: podOf('wasi-module', {}, { hostUsers: false, ...ON_WASMTIME }),
    named: [
      'FailedCreatePodSandBox',
      `can't set \`spec.hostUsers: false\`, RuntimeClass handler "wasmtime" does not support user namespaces`,
    ],
    shows: ['app: waiting, ContainerCreating'],
  }),
  'exit-code-lost': shown({
    kind: 'warned',
    what: 'a module that exits with 3 on crun',
    needs: 'crun',
    engine: 'wasmedge',
    pod: podOf('exit3', {}, ON_CRUN),
    also: ['annotation-delivery-unknown'],
    named: ['Completed', 'exit code 0'],
  }),
  'resource-tier-unknown': shown({
    kind: 'warned',
    what: 'a tier that does not exist',
    pod: {
      ...podOf('wasi-module'),
      annotations: { 'wasmgate.dev/resource-tier': 'enormous' },
    },
    named: [],
    shows: ['app: Completed, exit code 0', 'limits of app: memory'],
  }),
} as const satisfies Partial<Record<FindingId, FindingEvidence>>;
