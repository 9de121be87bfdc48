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

/** For each finding: Pods that it speaks of, and Pods like them in which all is well. */
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
      'a handler that nobody knows': { on: 'nvidia', pod: one('server', { livenessProbe: exec }) },
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
      'the host’s users': { spec: { hostUsers: true } },
      'nothing said': { spec: { hostUsers: null } },
    },
  },
  'exit-code-lost': {
    fires: {
      'a Job on crun': { on: 'crun', spec: { restartPolicy: 'OnFailure' } },
      'a Pod that never restarts on crun-wasm': { on: 'crun-wasm', spec: { restartPolicy: 'Never' } },
      'an init container, whatever the policy': {
        on: 'crun',
        pod: { ...one('server'), init: [{ image: 'app' }] },
        spec: { restartPolicy: 'Always' },
      },
    },
    rests: {
      'a server on crun': { on: 'crun', spec: { restartPolicy: 'Always' } },
      'the default, which is a server': { on: 'crun' },
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
      'a config of nothing': { pod: one('anonymous') },
      'a label that is no digest': { pod: one('named') },
    },
    rests: {
      diff_ids: { pod: one('listed') },
      'a label with a digest': { pod: one('labelled') },
      layerDigests: { pod: one('module') },
      Spin: { on: 'spin', pod: one('spin') },
      'a tar image': { pod: one('app') },
      'an unknown image': { pod: one('away') },
    },
  },
  'annotation-conflict': {
    fires: {
      'a file in upper case on crun': { on: 'crun', pod: one('upper') },
      'a file without the suffix on crun': { on: 'crun', pod: one('bare') },
      'with compat-smart': {
        on: 'crun',
        pod: { ...one('bare'), annotations: { 'module.wasm.image/variant': 'compat-smart' } },
      },
      'any run.oci.handler on crun-wasm': {
        on: 'crun-wasm',
        pod: { ...one('app'), annotations: { 'run.oci.handler': 'wasm' } },
      },
      'a handler of crun that is no Wasm engine': { on: 'crun', pod: ociHandler('krun') },
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
      'the same on a shim': { pod: one('upper') },
      'where all is given to the engine': { on: 'crun-wasm', pod: one('bare') },
      'a Linux program beside it': { on: 'crun', pod: mesh({}) },
    },
  },
  'handler-not-on-every-node': {
    fires: {
      'a class that selects nothing': { view: partly() },
      'a class that is chosen': { on: null, view: partly() },
      'a taint that the Pod tolerates': {
        view: partly({ taints: [taint] }),
        spec: tolerating({ operator: 'Exists' }),
      },
    },
    rests: {
      'a nodeSelector of the Pod': { view: partly(), spec: { nodeSelector: { has: 'it' } } },
      'a taint in the way': { view: partly({ taints: [taint] }) },
      'a cordoned node': { view: partly({ unschedulable: true }) },
      'a node that does not tell': { view: partly({ handlers: null }) },
      'a Linux image': { view: partly(), pod: one('server') },
      'a Pod that is bound': { view: partly(), spec: { nodeName: 'with' } },
      // Another finding tells.
      'a handler on no node': { on: 'wasmedge', view: partly() },
    },
  },
  'command-not-in-image': {
    fires: {
      'on wasmtime': { pod: one('gone') },
      'without a class': { on: null, pod: one('gone') },
    },
    rests: {
      'a file that is there': { pod: one('shown') },
      'a file that did not show': { pod: one('hidden') },
      'a file that a volume may bring': {
        pod: one('gone', { volumeMounts: [{ mountPath: '/app.wasm' }] }),
      },
      'a file that only the node knows': { pod: one('gone', { command: ['$(FILE)'] }) },
    },
  },
  'file-not-wasm': {
    fires: {
      'neither Wasm nor Linux': { pod: one('pointer') },
      'a Linux program in an image for Wasm': { on: 'runc', pod: one('elf') },
      'a script under the name of a Wasm file': { on: null, pod: one('runner') },
    },
    rests: {
      'a module': { pod: one('shown') },
      'a component': { pod: one('component') },
      'a file that did not show': { pod: one('hidden') },
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
      'no class: no-runtime-class-for-image says the same': { on: null, pod: one('wat') },
      'a Linux program': { pod: one('server', { args: ['/a.wat'] }) },
    },
  },
  'slow-start-under-cpu-limit': {
    fires: {
      'a Go program at 100m': { pod: one('go', limited('100m')) },
      'at a tenth of a core': { pod: one('go', limited('0.1')) },
    },
    rests: {
      'at what it needs': { pod: one('go', limited('300m')) },
      'no limit': { pod: one('go') },
      'no quantity': { pod: one('go', limited('much')) },
      nothing: { pod: one('go', limited('0')) },
      'a small module': { pod: one('app', limited('50m')) },
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
      'an engine by name, which no setting vouches for': {
        on: 'crun',
        pod: ociHandler('wamr'),
        policy: { preferRuntimeClasses: ['crun'] },
      },
      'an engine by name, which gets a file without the suffix, too': {
        on: 'crun',
        pod: { ...one('bare'), ...ociHandler('wasmedge') },
      },
    },
    rests: {
      'a class that is vouched for': { on: 'crun', policy: { preferRuntimeClasses: ['crun'] } },
      'any engine on a class that is vouched for': {
        on: 'crun',
        pod: ociHandler('wasm'),
        policy: { preferRuntimeClasses: ['crun'] },
      },
      'an engine by name and no Wasm': { on: 'crun', pod: { ...one('server'), ...ociHandler('wasmtime') } },
      'crun-wasm': { on: 'crun-wasm' },
      wasmtime: {},
      'Linux on crun': { on: 'crun', pod: one('server') },
    },
  },
  'handler-may-not-run-image': {
    fires: {
      'an artefact on the Spin shim': { on: 'spin', pod: one('module') },
      'a component on a shim that may be any': { on: 'wasm', pod: one('component') },
      'a Spin application on a shim that may be any': { on: 'wasm', pod: one('spin') },
      'a handler that nobody knows': { on: 'nvidia', pod: one('app') },
      'a Spin artifact on a release that is too old': { ...named('spin-v0-8-0'), pod: one('spin') },
      'a Spin artifact on the first generation': { ...named('spin-v1'), pod: one('spin') },
      'a wkg artifact on a release that is too old': { ...named('spin-v0-22'), pod: one('module') },
      'a Linux sidecar on a release that is too old': {
        ...named('slight-v0-8-0'),
        pod: { containers: [{ image: 'away' }, { image: 'server' }] },
      },
      'a sidecar that is not known, on an engine for all containers': {
        on: 'crun-wasm',
        pod: { containers: [{ image: 'app' }, { image: 'away' }] },
      },
      'a sidecar that is not known, under an annotation for all containers': {
        on: 'crun',
        pod: {
          annotations: { 'module.wasm.image/variant': 'compat' },
          containers: [{ image: 'app' }, { image: 'away' }],
        },
      },
      'a Linux program that crun takes for Wasm by its name': {
        on: 'crun',
        pod: { ...one('runner'), annotations: { 'module.wasm.image/variant': 'compat-smart' } },
      },
      'a Wasm image that starts no Wasm file': { pod: one('wasi', { command: ['/bin/sh', '-c', 'x'] }) },
      'a Linux sidecar beside it': {
        on: 'spin',
        pod: { containers: [{ image: 'module', command: ['a.wasm'] }, { image: 'server' }] },
      },
    },
    rests: {
      'what is known to run': { on: 'wasmtime', pod: one('module') },
      'a Spin artifact on the first release for it': { ...named('spin-v0-10-0'), pod: one('spin') },
      'a Spin artifact on the second generation': { ...named('spin-v2'), pod: one('spin') },
      'a Spin artifact on a shim of any release': { ...named('spin'), pod: one('spin') },
      'a Linux sidecar on a newer release': { ...named('slight-v0-9-1'), pod: one('server') },
      'the -v1 of runwasi, which says nothing': { ...named('wasmtime-v1'), pod: one('module') },
      'an old name that the operator knows better': {
        ...named('spin-v1'),
        pod: one('spin'),
        policy: { handlers: { 'spin-v1': { like: 'spin' } } },
      },
      'what is known not to': { on: 'wasmtime', pod: one('spin') },
      'what runs where an annotation arrives': { on: 'crun', pod: one('app') },
      'a class that is chosen': { on: null, pod: one('module') },
      'a module on a shim that may be any': { on: 'wasm', pod: one('shown') },
      'a shim that the operator knows': {
        on: 'wasm',
        pod: one('component'),
        policy: { handlers: { wasm: { like: 'wasmtime' } } },
      },
      'a handler that the operator knows': {
        on: 'nvidia',
        policy: { handlers: { nvidia: { like: 'wasmtime' } } },
      },
      'a Linux image on a handler that nobody knows': { on: 'nvidia', pod: one('server') },
      'an image that is not known': { on: 'nvidia', pod: one('away') },
      'an image that is not known, without Wasm beside it': { on: 'crun-wasm', pod: one('away') },
      'a sidecar that is not known, on crun': {
        on: 'crun',
        pod: { containers: [{ image: 'app' }, { image: 'away' }] },
      },
      'a file that a Wasm image starts': { pod: one('wasi') },
      'a Linux program called .wasm, without an annotation': { on: 'crun', pod: one('runner') },
      'text, of which another rule speaks': { on: 'crun', pod: one('wat') },
      'a name that crun passes over, of which another rule speaks': { on: 'crun', pod: one('upper') },
    },
  },
  'wasm-entry-not-taken': {
    fires: {
      'a shim': { pod: one('both') },
      'crun where the Pod asks for Wasm': {
        on: 'crun',
        pod: { ...one('both'), annotations: { 'module.wasm.image/variant': 'compat-smart' } },
      },
      'one Linux container of two': { pod: { containers: [{ image: 'server' }, { image: 'both' }] } },
    },
    rests: {
      'an image for Linux alone': { pod: one('server') },
      'no class': { on: null, pod: one('both') },
      'a class for Linux': { on: 'runc', pod: one('both') },
      'crun, which may be meant for Linux': { on: 'crun', pod: one('both') },
      'crun-wasm, which is refused': { on: 'crun-wasm', pod: one('both') },
      'crun with compat, which is refused': {
        on: 'crun',
        pod: { ...one('both'), annotations: { 'module.wasm.image/variant': 'compat' } },
      },
      'beside a Wasm container': { pod: { containers: [{ image: 'app' }, { image: 'both' }] } },
      'a handler that nobody knows': { on: 'nvidia', pod: one('both') },
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
      'a component there': { pod: one('component') },
      'a look inside showed a module': { on: 'wasmedge', pod: one('shown') },
      'the config tells a module': { on: 'wasmedge', pod: one('module') },
      'a Linux image': { on: 'wasmedge', pod: one('server') },
      'runc, which runs neither': { on: 'runc' },
    },
  },
  'image-not-for-node-architecture': {
    fires: {
      'no node takes it': { pod: one('amd64'), view: architectures('arm64') },
      'some nodes take it': { pod: one('amd64'), view: architectures('amd64', 'arm64') },
      'a Linux sidecar': {
        pod: { containers: [{ image: 'app' }, { image: 'amd64-server' }] },
        view: architectures('arm64'),
      },
      'a class that is chosen': { on: null, pod: one('amd64'), view: architectures('arm64') },
    },
    rests: {
      'a single manifest': { pod: one('app'), view: architectures('arm64') },
      'every node takes it': { pod: one('amd64'), view: architectures('amd64') },
      'the Pod selects nodes that take it': {
        pod: one('amd64'),
        spec: { nodeSelector: { 'kubernetes.io/arch': 'amd64' } },
        view: architectures('amd64', 'arm64'),
      },
      'nodes that do not report it': { pod: one('amd64'), view: architectures('') },
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
      'a class that is chosen': {
        on: null,
        view: cluster([runtimeClass('wasmtime')], [node('n', { handlers: ['wasmtime'], taints: [taint] })]),
      },
    },
    rests: {
      'no taint': { view: nodes([]) },
      'one node without': { view: nodes([taint], []) },
      'tolerated by value': { view: nodes([taint]), spec: tolerating({ value: 'wasm' }) },
      'tolerated by key': { view: nodes([taint]), spec: tolerating({ operator: 'Exists' }) },
      'everything tolerated': { view: nodes([taint]), spec: { tolerations: [{ operator: 'Exists' }] } },
      'tolerated by the class': { on: 'tolerant', view: nodes([taint]) },
      'tolerated by the configuration': {
        view: nodes([taint]),
        policy: { tolerations: [{ key: 'workload', operator: 'Exists' }] },
      },
      'a preference': { view: nodes([{ ...taint, effect: 'PreferNoSchedule' }]) },
      'a passing state': { view: nodes([{ ...taint, key: 'node.kubernetes.io/disk-pressure' }]) },
      'a Pod that is bound': { view: nodes([taint]), spec: { nodeName: 'n0' } },
      'no nodes': { view: nodes() },
      'an operator of a newer Kubernetes': {
        view: nodes([taint]),
        spec: tolerating({ operator: 'SemverGt', value: '1' }),
      },
      'a number that compares': {
        view: nodes([{ ...taint, value: '5' }]),
        spec: tolerating({ operator: 'Gt', value: '1' }),
      },
    },
  },
};
