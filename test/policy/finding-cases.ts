import { cluster, node, runtimeClass } from '../support/pod/pods.ts';
import {
  architectures,
  type Case,
  exec,
  http,
  limited,
  mesh,
  named,
  nodes,
  ociHandler,
  one,
  partly,
  taint,
  tolerating,
} from './finding-pods.ts';

/** For each finding, Pods that have it and similar Pods that do not. */
export const FINDING_CASES: Readonly<
  Record<
    string,
    { readonly fires: Readonly<Record<string, Case>>; readonly rests: Readonly<Record<string, Case>> }
  >
> = {
  'exec-probe-unsupported': {
    fires: {
      'liveness on a shim': { pod: one('app', { livenessProbe: exec }) },
      'readiness on a shim': { pod: one('app', { readinessProbe: exec }) },
      'startup on a shim': { pod: one('app', { startupProbe: exec }) },
      'a postStart hook': { pod: one('app', { lifecycle: { postStart: exec } }) },
      'a preStop hook': { pod: one('app', { lifecycle: { preStop: exec } }) },
      'a Linux sidecar on a shim': { pod: mesh({ readinessProbe: exec }) },
      'an init container on a shim': {
        pod: { ...one('app'), init: [{ image: 'server', restartPolicy: 'Always', startupProbe: exec }] },
      },
      'an unknown sidecar on a shim': {
        pod: { containers: [{ image: 'app' }, { image: 'away', livenessProbe: exec }] },
      },
      'a Wasm container on crun': { on: 'crun', pod: one('app', { livenessProbe: exec }) },
      'a shim that is chosen': {
        on: null,
        view: cluster([runtimeClass('wasmtime')]),
        pod: mesh({ readinessProbe: exec }),
      },
    },
    rests: {
      httpGet: { pod: one('app', { livenessProbe: http, readinessProbe: http, startupProbe: http }) },
      'null for a probe': { pod: one('app', { livenessProbe: null, lifecycle: null }) },
      'a Linux sidecar on crun': { on: 'crun', pod: mesh({ readinessProbe: exec }) },
      'Linux on runc': { on: 'runc', pod: one('server', { livenessProbe: exec }) },
      'an unknown handler': { on: 'nvidia', pod: one('server', { livenessProbe: exec }) },
    },
  },
  'read-only-root-unsupported': {
    fires: { Spin: { on: 'spin', pod: one('spin', { securityContext: { readOnlyRootFilesystem: true } }) } },
    rests: {
      'Spin without': {
        on: 'spin',
        pod: one('spin', { securityContext: { readOnlyRootFilesystem: false } }),
      },
      wasmtime: { pod: one('app', { securityContext: { readOnlyRootFilesystem: true } }) },
      'a Linux sidecar of Spin': {
        on: 'spin',
        pod: {
          containers: [
            { image: 'spin' },
            { image: 'server', securityContext: { readOnlyRootFilesystem: true } },
          ],
        },
      },
    },
  },
  'tty-unsupported': {
    fires: {
      'a shim': { pod: one('app', { tty: true }) },
      'a Linux sidecar on a shim': { pod: mesh({ tty: true }) },
    },
    rests: {
      crun: { on: 'crun', pod: one('app', { tty: true }) },
      'no tty': { pod: one('app', { tty: false }) },
      'no class': { on: null, pod: one('server', { tty: true }) },
    },
  },
  'user-namespace-unsupported': {
    fires: {
      'a shim': { spec: { hostUsers: false } },
      'a chosen shim': {
        on: null,
        view: cluster([runtimeClass('wasmtime')]),
        spec: { hostUsers: false },
      },
    },
    rests: {
      crun: { on: 'crun', spec: { hostUsers: false } },
      'the user namespace of the host': { spec: { hostUsers: true } },
      'not set': { spec: { hostUsers: null } },
    },
  },
  'exit-code-lost': {
    fires: {
      'a Job on crun': { on: 'crun', spec: { restartPolicy: 'OnFailure' } },
      'a Pod that never restarts on crun-wasm': { on: 'crun-wasm', spec: { restartPolicy: 'Never' } },
      'an init container, with any restartPolicy': {
        on: 'crun',
        pod: { ...one('server'), init: [{ image: 'app' }] },
        spec: { restartPolicy: 'Always' },
      },
    },
    rests: {
      'a server on crun': { on: 'crun', spec: { restartPolicy: 'Always' } },
      'the default restartPolicy': { on: 'crun' },
      'a Job on a shim': { spec: { restartPolicy: 'OnFailure' } },
      'a Linux Job on crun': { on: 'crun', pod: one('server'), spec: { restartPolicy: 'OnFailure' } },
      'a Wasm sidecar on crun': {
        on: 'crun',
        pod: { ...one('server'), init: [{ image: 'app', restartPolicy: 'Always' }] },
        spec: { restartPolicy: 'Never' },
      },
    },
  },
  'image-identity-shared': {
    fires: {
      'an empty config': { pod: one('anonymous') },
      'a label that is not a digest': { pod: one('named') },
    },
    rests: {
      diff_ids: { pod: one('listed') },
      'a label with a digest': { pod: one('labeled') },
      layerDigests: { pod: one('module') },
      Spin: { on: 'spin', pod: one('spin') },
      'a tar image': { pod: one('app') },
      'an unknown image': { pod: one('away') },
    },
  },
  'annotation-conflict': {
    fires: {
      'an uppercase file on crun': { on: 'crun', pod: one('upper') },
      'a file without the suffix on crun': { on: 'crun', pod: one('bare') },
      'with compat-smart': {
        on: 'crun',
        pod: { ...one('bare'), annotations: { 'module.wasm.image/variant': 'compat-smart' } },
      },
      'any run.oci.handler on crun-wasm': {
        on: 'crun-wasm',
        pod: { ...one('app'), annotations: { 'run.oci.handler': 'wasm' } },
      },
      'a handler of crun that is not a Wasm engine': { on: 'crun', pod: ociHandler('krun') },
      'an unknown value': {
        on: 'crun',
        pod: { ...one('app'), annotations: { 'module.wasm.image/variant': 'compat-smrt' } },
      },
    },
    rests: {
      'an engine by name': { on: 'crun', pod: ociHandler('wasmtime') },
      'with compat': {
        on: 'crun',
        pod: { ...one('bare'), annotations: { 'module.wasm.image/variant': 'compat' } },
      },
      'a file with the suffix': { on: 'crun', pod: one('app') },
      'an uppercase file on a shim': { pod: one('upper') },
      'crun-wasm, which passes every container to the engine': { on: 'crun-wasm', pod: one('bare') },
      'a Linux program beside it': { on: 'crun', pod: mesh({}) },
    },
  },
  'handler-not-on-every-node': {
    fires: {
      'a class without a nodeSelector': { view: partly() },
      'a chosen class': { on: null, view: partly() },
      'a taint that the Pod tolerates': {
        view: partly({ taints: [taint] }),
        spec: tolerating({ operator: 'Exists' }),
      },
    },
    rests: {
      'a nodeSelector of the Pod': { view: partly(), spec: { nodeSelector: { has: 'it' } } },
      'a taint that excludes the node': { view: partly({ taints: [taint] }) },
      'a cordoned node': { view: partly({ unschedulable: true }) },
      'a node that does not report its handlers': { view: partly({ handlers: null }) },
      'a Linux image': { view: partly(), pod: one('server') },
      'a bound Pod': { view: partly(), spec: { nodeName: 'with' } },
      // handler-on-no-node reports this case.
      'a handler on no node': { on: 'wasmedge', view: partly() },
    },
  },
  'command-not-in-image': {
    fires: {
      'on wasmtime': { pod: one('gone') },
      'without a class': { on: null, pod: one('gone') },
    },
    rests: {
      'an existing file': { pod: one('shown') },
      'a file that the layers did not reveal': { pod: one('hidden') },
      'a file that a volume may contain': {
        pod: one('gone', { volumeMounts: [{ mountPath: '/app.wasm' }] }),
      },
      'a file that only the node can resolve': { pod: one('gone', { command: ['$(FILE)'] }) },
    },
  },
  'file-not-wasm': {
    fires: {
      'neither Wasm nor Linux': { pod: one('pointer') },
      'a Linux program in an image for Wasm': { on: 'runc', pod: one('elf') },
      'a script with the name of a Wasm file': { on: null, pod: one('runner') },
    },
    rests: {
      'a module': { pod: one('shown') },
      'a component': { pod: one('component') },
      'a file that the layers did not reveal': { pod: one('hidden') },
      'an ordinary program': { on: 'runc', pod: one('inherited') },
    },
  },
  'wat-not-runnable': {
    fires: {
      'on wasmtime': { pod: one('wat') },
      'by the command': { on: 'wasmedge', pod: one('app', { command: ['/a.wat'] }) },
    },
    rests: {
      'a binary': { pod: one('app') },
      'no class, which no-runtime-class-for-image reports': { on: null, pod: one('wat') },
      'a Linux program': { pod: one('server', { args: ['/a.wat'] }) },
    },
  },
  'slow-start-under-cpu-limit': {
    fires: {
      'a Go program at 100m': { pod: one('go', limited('100m')) },
      'at a tenth of a core': { pod: one('go', limited('0.1')) },
    },
    rests: {
      'at the limit that it needs': { pod: one('go', limited('300m')) },
      'no limit': { pod: one('go') },
      'an invalid quantity': { pod: one('go', limited('much')) },
      'a limit of 0': { pod: one('go', limited('0')) },
      'a small module': { pod: one('app', limited('50m')) },
      'a small module under less than the smallest step': { pod: one('app', limited('5m')) },
      'an OCI layer': { pod: one('layer', limited('50m')) },
      'an interpreter': { on: 'wasmedge', pod: one('go', limited('50m')) },
    },
  },
  'packaging-advice': {
    fires: { 'a Go program on wasmtime': { pod: one('go') } },
    rests: {
      'a small module': { pod: one('app') },
      'an interpreter': { on: 'wasmedge', pod: one('go') },
      'an OCI layer': { pod: one('layer') },
      'a Linux image': { pod: one('server') },
    },
  },
  'annotation-delivery-unknown': {
    fires: {
      crun: { on: 'crun' },
      'crun with the annotation': {
        on: 'crun',
        pod: { annotations: { 'module.wasm.image/variant': 'compat-smart' } },
      },
      'wasm-smart': { on: 'crun', pod: ociHandler('wasm-smart') },
      'an engine by name': { on: 'crun', pod: ociHandler('wasmtime') },
      'an engine by name, with only a preferred class': {
        on: 'crun',
        pod: ociHandler('wamr'),
        policy: { preferRuntimeClasses: ['crun'] },
      },
      'an engine by name, which also gets a file without the suffix': {
        on: 'crun',
        pod: { ...one('bare'), ...ociHandler('wasmedge') },
      },
    },
    rests: {
      'a preferred class': { on: 'crun', policy: { preferRuntimeClasses: ['crun'] } },
      'any engine on a preferred class': {
        on: 'crun',
        pod: ociHandler('wasm'),
        policy: { preferRuntimeClasses: ['crun'] },
      },
      'an engine by name without Wasm': { on: 'crun', pod: { ...one('server'), ...ociHandler('wasmtime') } },
      'crun-wasm': { on: 'crun-wasm' },
      wasmtime: {},
      'Linux on crun': { on: 'crun', pod: one('server') },
    },
  },
  'handler-may-not-run-image': {
    fires: {
      'an artifact on the Spin shim': { on: 'spin', pod: one('module') },
      'a component on a shim of unknown kind': { on: 'wasm', pod: one('component') },
      'a Spin application on a shim of unknown kind': { on: 'wasm', pod: one('spin') },
      'an unknown handler': { on: 'nvidia', pod: one('app') },
      'a Spin artifact on a release that is too old': { ...named('spin-v0-8-0'), pod: one('spin') },
      'a Spin artifact on the first generation': { ...named('spin-v1'), pod: one('spin') },
      'a wkg artifact on a release that is too old': { ...named('spin-v0-22'), pod: one('module') },
      'a Linux sidecar on a release that is too old': {
        ...named('slight-v0-8-0'),
        pod: { containers: [{ image: 'away' }, { image: 'server' }] },
      },
      'an unknown sidecar on an engine for all containers': {
        on: 'crun-wasm',
        pod: { containers: [{ image: 'app' }, { image: 'away' }] },
      },
      'an unknown sidecar under an annotation for all containers': {
        on: 'crun',
        pod: {
          annotations: { 'module.wasm.image/variant': 'compat' },
          containers: [{ image: 'app' }, { image: 'away' }],
        },
      },
      'a Linux program with a name that crun takes for Wasm': {
        on: 'crun',
        pod: { ...one('runner'), annotations: { 'module.wasm.image/variant': 'compat-smart' } },
      },
      'a Wasm image that starts a file other than Wasm': {
        pod: one('wasi', { command: ['/bin/sh', '-c', 'x'] }),
      },
      'a file of a Wasm image that wasmgate did not read': { pod: one('distant') },
      // Measured: the Wasmtime shim runs it, as a module or as a Linux program.
      'such a file, under a chosen class': { on: null, pod: one('distant') },
      'a Linux sidecar beside it': {
        on: 'spin',
        pod: { containers: [{ image: 'module', command: ['a.wasm'] }, { image: 'server' }] },
      },
    },
    rests: {
      'an image that is known to run': { on: 'wasmtime', pod: one('module') },
      'a Spin artifact on the first release for it': { ...named('spin-v0-10-0'), pod: one('spin') },
      'a Spin artifact on the second generation': { ...named('spin-v2'), pod: one('spin') },
      'a Spin artifact on a shim of any release': { ...named('spin'), pod: one('spin') },
      'a Linux sidecar on a newer release': { ...named('slight-v0-9-1'), pod: one('server') },
      'the suffix -v1 of runwasi, which is not a release': { ...named('wasmtime-v1'), pod: one('module') },
      'an old name that the operator configured': {
        ...named('spin-v1'),
        pod: one('spin'),
        policy: { handlers: { 'spin-v1': { like: 'spin' } } },
      },
      'an image that is known not to run': { on: 'wasmtime', pod: one('spin') },
      'an image that runs if an annotation arrives': { on: 'crun', pod: one('app') },
      'a chosen class': { on: null, pod: one('module') },
      'a module on a shim of unknown kind': { on: 'wasm', pod: one('shown') },
      'a shim that the operator configured': {
        on: 'wasm',
        pod: one('component'),
        policy: { handlers: { wasm: { like: 'wasmtime' } } },
      },
      'a handler that the operator configured': {
        on: 'nvidia',
        policy: { handlers: { nvidia: { like: 'wasmtime' } } },
      },
      'a Linux image on an unknown handler': { on: 'nvidia', pod: one('server') },
      'an unknown image': { on: 'nvidia', pod: one('away') },
      'an unknown image without Wasm beside it': { on: 'crun-wasm', pod: one('away') },
      'an unknown sidecar on crun': {
        on: 'crun',
        pod: { containers: [{ image: 'app' }, { image: 'away' }] },
      },
      'a file that a Wasm image starts': { pod: one('wasi') },
      'a Linux program called .wasm, without an annotation': { on: 'crun', pod: one('runner') },
      'text, which another rule reports': { on: 'crun', pod: one('wat') },
      'a name that crun ignores, which another rule reports': { on: 'crun', pod: one('upper') },
    },
  },
  'wasm-entry-not-taken': {
    fires: {
      'a shim': { pod: one('both') },
      'crun with an annotation for Wasm': {
        on: 'crun',
        pod: { ...one('both'), annotations: { 'module.wasm.image/variant': 'compat-smart' } },
      },
      'one Linux container of two': { pod: { containers: [{ image: 'server' }, { image: 'both' }] } },
    },
    rests: {
      'an image for Linux alone': { pod: one('server') },
      'no class': { on: null, pod: one('both') },
      'a class for Linux': { on: 'runc', pod: one('both') },
      'crun, which may be intended for Linux': { on: 'crun', pod: one('both') },
      'crun-wasm, which is denied': { on: 'crun-wasm', pod: one('both') },
      'crun with compat, which is denied': {
        on: 'crun',
        pod: { ...one('both'), annotations: { 'module.wasm.image/variant': 'compat' } },
      },
      'beside a Wasm container': { pod: { containers: [{ image: 'app' }, { image: 'both' }] } },
      'an unknown handler': { on: 'nvidia', pod: one('both') },
    },
  },
  'component-on-module-runtime': {
    fires: {
      'a file on wasmedge': { on: 'wasmedge' },
      'a file on crun': { on: 'crun' },
      'a layer on wasmedge': { on: 'wasmedge', pod: one('layer') },
    },
    rests: {
      'wasmtime, which runs both': {},
      'a component on wasmtime': { pod: one('component') },
      'a module known from the layers': { on: 'wasmedge', pod: one('shown') },
      'a config that shows a module': { on: 'wasmedge', pod: one('module') },
      'a Linux image': { on: 'wasmedge', pod: one('server') },
      'runc, which runs neither modules nor components': { on: 'runc' },
    },
  },
  'image-not-for-node-architecture': {
    fires: {
      'no node runs it': { pod: one('amd64'), view: architectures('arm64') },
      'some nodes run it': { pod: one('amd64'), view: architectures('amd64', 'arm64') },
      'a Linux sidecar': {
        pod: { containers: [{ image: 'app' }, { image: 'amd64-server' }] },
        view: architectures('arm64'),
      },
      'a chosen class': { on: null, pod: one('amd64'), view: architectures('arm64') },
    },
    rests: {
      'a single manifest': { pod: one('app'), view: architectures('arm64') },
      'every node runs it': { pod: one('amd64'), view: architectures('amd64') },
      'the Pod selects nodes that run it': {
        pod: one('amd64'),
        spec: { nodeSelector: { 'kubernetes.io/arch': 'amd64' } },
        view: architectures('amd64', 'arm64'),
      },
      'nodes that do not report their architecture': { pod: one('amd64'), view: architectures('') },
      'no nodes': { pod: one('amd64'), view: architectures() },
      'a Pod without Wasm': { on: 'runc', pod: one('amd64-server'), view: architectures('arm64') },
    },
  },
  'node-taint-not-tolerated': {
    fires: {
      'the only node': { view: nodes([taint]) },
      'every node': { view: nodes([taint], [{ ...taint, key: 'other', effect: 'NoExecute' }]) },
      'another value': { view: nodes([taint]), spec: tolerating({ value: 'linux' }) },
      'another effect': {
        view: nodes([taint]),
        spec: tolerating({ operator: 'Exists', effect: 'NoExecute' }),
      },
      'one of two taints': {
        view: nodes([taint, { ...taint, key: 'gpu' }]),
        spec: tolerating({ value: 'wasm' }),
      },
      'the only node that the Pod selects': {
        view: nodes([], [taint]),
        spec: { nodeSelector: { index: '1' } },
      },
      'a chosen class': {
        on: null,
        view: cluster([runtimeClass('wasmtime')], [node('n', { handlers: ['wasmtime'], taints: [taint] })]),
      },
    },
    rests: {
      'no taint': { view: nodes([]) },
      'one node without the taint': { view: nodes([taint], []) },
      'tolerated by value': { view: nodes([taint]), spec: tolerating({ value: 'wasm' }) },
      'tolerated by key': { view: nodes([taint]), spec: tolerating({ operator: 'Exists' }) },
      'everything tolerated': { view: nodes([taint]), spec: { tolerations: [{ operator: 'Exists' }] } },
      'tolerated by the class': { on: 'tolerant', view: nodes([taint]) },
      'tolerated by the configuration': {
        view: nodes([taint]),
        policy: { tolerations: [{ key: 'workload', operator: 'Exists' }] },
      },
      'effect PreferNoSchedule': { view: nodes([{ ...taint, effect: 'PreferNoSchedule' }]) },
      'a temporary taint of Kubernetes': {
        view: nodes([{ ...taint, key: 'node.kubernetes.io/disk-pressure' }]),
      },
      'a bound Pod': { view: nodes([taint]), spec: { nodeName: 'n0' } },
      'no nodes': { view: nodes() },
      'an unknown operator of a newer Kubernetes': {
        view: nodes([taint]),
        spec: tolerating({ operator: 'SemverGt', value: '1' }),
      },
      'a value that a comparison operator matches': {
        view: nodes([{ ...taint, value: '5' }]),
        spec: tolerating({ operator: 'Gt', value: '1' }),
      },
    },
  },
};
