import { normalizePlatform } from '../../src/image/platform.ts';
import type { ClusterNode } from '../../src/pod/cluster-objects.ts';
import type { Container } from '../../src/pod/pod.ts';
import type { Decision, RatedFinding } from '../../src/policy/decision.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import type { ClusterView, PodFacts } from '../../src/policy/facts.ts';
import type { PolicySettings } from '../../src/policy/settings.ts';
import {
  digestOf,
  imageFacts,
  type ImageSketch,
  linux,
  OCI_MODULE,
  RUNWASI_LAYER,
  SPIN_APP,
  TAR_LAYER,
  wasi,
} from '../support/image/image-facts.ts';
import {
  cluster,
  node,
  pod,
  podFacts,
  runtimeClass,
  settings,
  type Known,
  type PodSketch,
} from '../support/pod/pods.ts';

export function tar(kilobytes: number): ImageSketch {
  return { ...linux('/app.wasm'), layers: [{ mediaType: TAR_LAYER, size: kilobytes * 1000 }] };
}

function layer(config: object): ImageSketch {
  return {
    ...RUNWASI_LAYER,
    config: { os: 'wasip1', architecture: 'wasm', config: { Entrypoint: ['a.wasm'] }, ...config },
  };
}

const DIGEST = 'a'.repeat(64);

const AMD64 = { platforms: [normalizePlatform('linux', 'amd64')], isPartial: false };

const IMAGES: Readonly<Record<string, Known>> = {
  app: linux('/app.wasm'),
  wasi: wasi('/app.wasm'),
  go: tar(750),
  wat: linux('/hello.wat'),
  server: linux('/server'),
  upper: { ...linux('/APP.WASM'), contents: { '/APP.WASM': 'module' } },
  bare: { ...linux('/app'), contents: { '/app': 'module' } },
  spin: SPIN_APP,
  module: OCI_MODULE,
  layer: RUNWASI_LAYER,
  anonymous: layer({}),
  labeled: layer({ config: { Labels: { 'containerd.runwasi.layers': DIGEST } } }),
  listed: layer({ rootfs: { type: 'layers', diff_ids: [`sha256:${DIGEST}`] } }),
  shown: { ...linux('/app.wasm'), contents: { '/app.wasm': 'module' } },
  gone: { ...linux('/app.wasm'), contents: { '/app.wasm': 'absent' } },
  pointer: { ...linux('/app.wasm'), contents: { '/app.wasm': 'other' } },
  elf: { ...wasi('/app.wasm'), contents: { '/app.wasm': 'elf' } },
  runner: { ...linux('/run.wasm'), contents: { '/run.wasm': 'script' } },
  inherited: { ...linux('/app'), contents: { '/app': 'elf' } },
  hidden: { ...linux('/app.wasm'), contents: { '/app.wasm': 'hidden' } },
  distant: { ...wasi('/server'), contents: { '/server': 'hidden' } },
  component: { ...linux('/app.wasm'), contents: { '/app.wasm': 'component' } },
  named: layer({ config: { Labels: { version: '1.0' } } }),
  both: { ...imageFacts(linux('/server')), wasmEntry: digestOf('entry for Wasm') },
  amd64: { ...imageFacts(linux('/app.wasm')), offer: AMD64 },
  'amd64-server': { ...imageFacts(linux('/server')), offer: AMD64 },
  away: 'unreachable',
  foreign: 'unsupported',
  '': 'invalid',
};

const CLASSES = ['crun', 'crun-wasm', 'runc', 'spin', 'wasm', 'wasmedge', 'wasmtime', 'nvidia'];

/** A concise description of a Pod and its cluster. */
export interface Case {
  /** Name of the RuntimeClass; null for none. */
  readonly on?: string | null;
  readonly pod?: Omit<PodSketch, 'spec'>;
  readonly spec?: PodSketch['spec'];
  readonly policy?: Partial<PolicySettings>;
  readonly view?: ClusterView;
  /** Findings excepted in the Pod's namespace. */
  readonly exceptions?: PodFacts['exceptions'];
}

export function decisionOn({
  on = 'wasmtime',
  pod: sketch = {},
  spec,
  policy = {},
  view,
  exceptions = new Set(),
}: Case): Decision {
  const subject = pod({ ...sketch, spec: { ...(on === null ? {} : { runtimeClassName: on }), ...spec } });
  const known = view ?? cluster(CLASSES.map((name) => runtimeClass(name)));
  return evaluate({ ...podFacts(subject, IMAGES, known), exceptions }, settings(policy));
}

export function decide(each: Case): readonly RatedFinding[] {
  return decisionOn(each).findings;
}

export function one(image: string, parts: Partial<Container> = {}): Omit<PodSketch, 'spec'> {
  return { containers: [{ image, command: image === 'module' ? ['a.wasm'] : null, ...parts }] };
}

/** Names the only class, whose handler has the same name. */
export function named(handler: string): Pick<Case, 'on' | 'view'> {
  return { on: handler, view: cluster([runtimeClass(handler)]) };
}

export function ociHandler(engine: string): Omit<PodSketch, 'spec'> {
  return { annotations: { 'run.oci.handler': engine } };
}

export const exec = { exec: { command: ['true'] } };
export const http: object = { httpGet: { port: 80 } };
export const mesh = (parts: Partial<Container>) => ({
  containers: [{ image: 'app' }, { image: 'server', ...parts }],
});
export const limited = (cpu: string) => ({ resources: { limits: { cpu } } });
export const taint = { key: 'workload', value: 'wasm', effect: 'NoSchedule' };
export const nodes = (...taints: readonly (readonly (typeof taint)[])[]) =>
  cluster(
    [
      runtimeClass('wasmtime'),
      runtimeClass('tolerant', {
        handler: 'wasmtime',
        tolerations: [{ key: 'workload', operator: 'Exists' }],
      }),
    ],
    taints.map((list, index) =>
      node(`n${index}`, { handlers: ['wasmtime'], taints: list, labels: { index: `${index}` } }),
    ),
  );
/** Returns a cluster in which only one of two nodes has handler wasmtime; `parts` describes the other. */
export function partly(parts: Partial<ClusterNode> = {}): ClusterView {
  const having = node('with', { handlers: ['wasmtime'], labels: { has: 'it' } });
  return cluster(
    [runtimeClass('wasmedge'), runtimeClass('wasmtime')],
    [having, node('without', { handlers: ['runc'], ...parts })],
  );
}
/** Returns a cluster with a node of each architecture. */
export function architectures(...names: readonly string[]): ClusterView {
  const labels = (name: string) => ({ 'kubernetes.io/arch': name });
  return cluster(
    ['runc', 'wasmtime'].map((name) => runtimeClass(name)),
    names.map((architecture, index) => node(`n${index}`, { architecture, labels: labels(architecture) })),
  );
}

export const tolerating = (parts: object) => ({ tolerations: [{ key: 'workload', ...parts }] });
