import { normalizePlatform } from '../../src/image/platform.ts';
import type { ClusterNode, RuntimeClass } from '../../src/pod/cluster-objects.ts';
import type { Container, Pod } from '../../src/pod/pod.ts';
import { HANDLER_PROFILES } from '../../src/policy/handlers/handler-profiles.ts';
import type { PolicySettings } from '../../src/policy/settings.ts';
import {
  imageFacts,
  linux,
  OCI_COMPONENT,
  OCI_MODULE,
  RUNWASI_LAYER,
  SPIN_APP,
  wasi,
  type ImageSketch,
} from '../support/image/image-facts.ts';
import { fc } from '../support/lib/properties.ts';
import { node, pod, runtimeClass, type Known } from '../support/pod/pods.ts';

/** Returns the image as known after its layers were read. */
function seen(
  sketch: ImageSketch,
  contents: NonNullable<ImageSketch['contents']>,
  wants: readonly string[] = [],
): ImageSketch {
  const imports = wants.map((name) => {
    const [module = '', function_ = ''] = name.split('/');
    return { module, name: function_, parameters: 2 };
  });
  return { ...sketch, contents, modules: { '/app.wasm': { imports, hasStart: !wants.includes('reactor') } } };
}

const ARM = { platforms: [normalizePlatform('linux', 'arm64')], isPartial: false };

/** Images of every form, before and after their layers are read. */
export const IMAGES: Readonly<Record<string, Known>> = {
  server: linux('/server'),
  file: linux('/app.wasm'),
  module: seen(linux('/app.wasm'), { '/app.wasm': 'module' }),
  component: seen(linux('/app.wasm'), { '/app.wasm': 'component' }),
  sockets: seen(linux('/app.wasm'), { '/app.wasm': 'module' }, ['wasi_snapshot_preview1/sock_open']),
  lunatic: seen(wasi('/app.wasm'), { '/app.wasm': 'module' }, ['lunatic::process/spawn']),
  reactor: seen(wasi('/app.wasm'), { '/app.wasm': 'module' }, ['reactor']),
  bare: { ...linux('/app'), contents: { '/app': 'module' } },
  upper: { ...linux('/APP.WASM'), contents: { '/APP.WASM': 'module' } },
  missing: { ...wasi('/app.wasm'), contents: { '/app.wasm': 'absent' } },
  pointer: { ...linux('/app.wasm'), contents: { '/app.wasm': 'other' } },
  elf: { ...wasi('/app.wasm'), contents: { '/app.wasm': 'elf' } },
  text: linux('/app.wat'),
  wasi: wasi('/app.wasm'),
  folder: { ...wasi('/app.wasm'), contents: { '/srv/': 'absent' } },
  shell: wasi('/bin/sh', '-c', '/app.wasm'),
  bareWasi: wasi('/app'),
  files: wasi(),
  spinFiles: { ...wasi(), contents: { '/spin.toml': 'other' } },
  spin: SPIN_APP,
  artifact: OCI_MODULE,
  artifactComponent: OCI_COMPONENT,
  layer: RUNWASI_LAYER,
  armOnly: { ...imageFacts(linux('/app.wasm')), offer: ARM },
  chart: { configType: 'application/vnd.cncf.helm.config.v1+json' },
  away: 'timeout',
};

const HANDLERS = [
  ...HANDLER_PROFILES.map(({ name }) => name),
  'nvidia',
  'spin-v1',
  'spin-v2',
  'spin-v0-8-0',
  'wws-v0-8-0',
];

const handler = fc.constantFrom(...HANDLERS);
const labels = fc.constantFrom<Record<string, string>>(
  {},
  { pool: 'a' },
  { pool: 'b' },
  { pool: 'a', gpu: 'no' },
);
const TOLERATION = { key: 'wasm', operator: 'Exists' } as const;

const runtimeClasses: fc.Arbitrary<readonly RuntimeClass[]> = fc
  .array(
    fc.record({
      handler,
      overhead: fc.constantFrom(null, null, { memory: '32Mi' }),
      nodeSelector: fc.option(labels),
      tolerations: fc.constantFrom(null, [TOLERATION]),
    }),
    { maxLength: 7 },
  )
  .map((parts) => parts.map((part, index) => runtimeClass(`class-${index}`, part)));

const nodes: fc.Arbitrary<readonly ClusterNode[]> = fc
  .array(
    fc.record({
      handlers: fc.option(fc.uniqueArray(handler, { maxLength: 8 })),
      labels,
      taints: fc.constantFrom([], [], [{ key: 'wasm', effect: 'NoSchedule' }]),
      architecture: fc.constantFrom('amd64', 'arm64'),
      unschedulable: fc.boolean(),
      runtimeVersion: fc.constantFrom('containerd://2.2.9', 'containerd://2.3.6', 'cri-o://1.34.0'),
    }),
    { maxLength: 4 },
  )
  .map((parts) => parts.map((part, index) => node(`n${index}`, part)));

const HTTP: object = { httpGet: {} };
const EXEC = { exec: { command: ['true'] } };

const container: fc.Arbitrary<Partial<Container>> = fc.record(
  {
    image: fc.constantFrom(...Object.keys(IMAGES)),
    command: fc.constantFrom(['/app.wasm'], ['/'], ['$(X)'], ['/app.wasm#run'], ['/bin/sh', '-c', 'x'], null),
    workingDir: fc.constantFrom('/srv', null),
    tty: fc.boolean(),
    livenessProbe: fc.constantFrom(EXEC, HTTP, null),
    readinessProbe: fc.constantFrom(EXEC, null),
    lifecycle: fc.constantFrom({ postStart: EXEC }, null),
    securityContext: fc.constantFrom({ readOnlyRootFilesystem: true }, null),
    resources: fc.constantFrom({ limits: { memory: '8Mi' } }, { limits: { cpu: '50m' } }, null),
  },
  { requiredKeys: ['image'] },
);

const pods: fc.Arbitrary<Pod> = fc
  .record({
    containers: fc.array(container, { minLength: 1, maxLength: 3 }),
    init: fc.array(fc.tuple(container, fc.constantFrom('Always', null)), { maxLength: 1 }),
    variant: fc.constantFrom(undefined, undefined, 'compat', 'compat-smart', 'compat-smrt'),
    engine: fc.constantFrom(undefined, undefined, undefined, 'wasm', 'wasmedge', 'wasm-smart', 'other'),
    spec: fc.record(
      {
        hostUsers: fc.constantFrom(false, null),
        restartPolicy: fc.constantFrom('Never', 'Always'),
        nodeSelector: fc.option(labels),
        overhead: fc.constantFrom({ memory: '32Mi' }, null),
        tolerations: fc.constantFrom([TOLERATION], null),
        nodeName: fc.constantFrom('n0', null, null, null),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ containers, init, variant, engine, spec }) => {
    const annotations = {
      ...(variant && { 'module.wasm.image/variant': variant }),
      ...(engine && { 'run.oci.handler': engine }),
    };
    return pod({
      annotations,
      containers,
      init: init.map(([part, restartPolicy]) => ({ ...part, restartPolicy })),
      spec,
    });
  });

const policies: fc.Arbitrary<Partial<PolicySettings>> = fc.record(
  {
    preferRuntimeClasses: fc.uniqueArray(handler, { maxLength: 2 }),
    preferShims: fc.boolean(),
    handlers: fc.constantFrom(
      {},
      { '': { like: 'crun' } },
      { crun: { like: 'crun', annotationArrives: true } },
    ),
    tolerations: fc.constantFrom([], [TOLERATION]),
  },
  { requiredKeys: [] },
);

/** A Pod without a class, and its cluster. */
export interface Situation {
  readonly pod: Pod;
  readonly classes: readonly RuntimeClass[];
  readonly nodes: readonly ClusterNode[];
  readonly policy: Partial<PolicySettings>;
}

export const situations: fc.Arbitrary<Situation> = fc.record({
  pod: pods,
  classes: runtimeClasses,
  nodes,
  policy: policies,
});
