import { describe, expect, test } from 'vitest';
import { changedImages } from '../../src/pod/changed-images.ts';
import type { Container, Pod } from '../../src/pod/pod.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import {
  imageFacts,
  linux,
  OCI_COMPONENT,
  OCI_MODULE,
  SPIN_APP,
  wasi,
} from '../support/image/image-facts.ts';
import {
  cluster,
  pod,
  podFacts,
  runtimeClass,
  settings,
  type Known,
  type PodSketch,
} from '../support/pod/pods.ts';

const IMAGES: Readonly<Record<string, Known>> = {
  app: linux('/app.wasm'),
  'app:2': linux('/app.wasm'),
  server: linux('/server'),
  'server:2': linux('/server'),
  module: OCI_MODULE,
  component: OCI_COMPONENT,
  spin: SPIN_APP,
  'bare-module': OCI_MODULE,
  'wasi-index': {
    ...imageFacts(wasi('/app.wasm')),
    pull: { ok: false, cause: 'no-platform', platforms: [], insteadUse: null },
  },
  chart: { configType: 'application/vnd.cncf.helm.config.v1+json' },
  away: 'timeout',
};

const VIEW = cluster(
  ['crun', 'crun-wasm', 'spin', 'wasmedge', 'wasmtime', 'nvidia'].map((name) => runtimeClass(name)),
);

function decide(before: Pod, after: Pod) {
  const changed = changedImages(before, after);
  if (changed === null) throw new Error('the test must change an image');
  const previous = new Map(
    podFacts(changed.before, IMAGES, VIEW).containers.map((each) => [each.container.name, each]),
  );
  const { containers } = podFacts(changed.after, IMAGES, VIEW);
  return evaluate(podFacts(after, IMAGES, VIEW, { containers, previous }), settings());
}

interface Change {
  readonly on: string | null;
  readonly from: string;
  readonly to: string;
  readonly annotations?: PodSketch['annotations'];
}

function one(image: string, { on, annotations = {} }: Change): Pod {
  return pod({
    annotations,
    containers: [{ image, command: ['a.wasm', 'module', 'component'].includes(image) ? ['a.wasm'] : null }],
    spec: on === null ? {} : { runtimeClassName: on },
  });
}

const compat = { 'module.wasm.image/variant': 'compat' };

describe('an update of an image', () => {
  test.each<[string, Change]>([
    ['Wasm in a Pod without a class', { on: null, from: 'server', to: 'app' }],
    ['Linux under crun-wasm', { on: 'crun-wasm', from: 'app', to: 'server' }],
    ['Linux under compat', { on: 'crun', from: 'app', to: 'server', annotations: compat }],
    ['Spin under wasmtime', { on: 'wasmtime', from: 'app', to: 'spin' }],
    ['a component under wasmedge', { on: 'wasmedge', from: 'module', to: 'component' }],
    ['Wasm for an unknown image', { on: null, from: 'away', to: 'app' }],
  ])('denied: %s', (_case, change) => {
    const { findings, changes } = decide(one(change.from, change), one(change.to, change));
    expect(findings).toMatchObject([
      { id: 'image-changed-kind', action: 'deny', severity: 'error', container: 'c0' },
    ]);
    expect(findings[0]?.detail).toContain('cannot replace the old image: ');
    expect(changes).toEqual([]);
  });

  test.each<[string, Change, string]>([
    [
      'an image that is not a workload',
      { on: 'wasmtime', from: 'app', to: 'chart' },
      'warn image-not-a-workload',
    ],
    [
      'Wasm under a handler that wasmgate does not know',
      { on: 'nvidia', from: 'server', to: 'app' },
      'warn handler-may-not-run-image',
    ],
    [
      'an artifact without a command',
      { on: 'wasmtime', from: 'app', to: 'bare-module' },
      'deny command-required',
    ],
    [
      'an index that no node can pull',
      { on: 'wasmtime', from: 'app', to: 'wasi-index' },
      'deny image-will-not-pull',
    ],
  ])('checked as at creation: %s', (_case, change, said) => {
    const { findings } = decide(one(change.from, change), one(change.to, change));
    expect(findings.map(({ action, id }) => `${action} ${id}`)).toEqual([said]);
  });

  test.each<[string, Partial<Container>, string]>([
    ['a probe that executes', { readinessProbe: { exec: { command: ['true'] } } }, 'exec-probe-unsupported'],
    ['a terminal', { tty: true }, 'tty-unsupported'],
  ])('checked as at creation: %s', (_case, part, said) => {
    const spec = { runtimeClassName: 'wasmtime' };
    const of = (image: string): Pod => pod({ containers: [{ image, ...part }], spec });
    expect(decide(of('app'), of('app:2')).findings.map(({ id }) => id)).toEqual([said]);
  });

  test.each<[string, Change]>([
    ['the same kind under its class', { on: 'wasmtime', from: 'app', to: 'app:2' }],
    ['the same kind without a class', { on: null, from: 'server', to: 'server:2' }],
    ['Linux under a shim', { on: 'wasmtime', from: 'app', to: 'server' }],
    [
      'Linux under compat-smart',
      { on: 'crun', from: 'app', to: 'server', annotations: { 'module.wasm.image/variant': 'compat-smart' } },
    ],
    ['an unknown image', { on: 'crun-wasm', from: 'app', to: 'away' }],
    ['an old image that could not run either', { on: null, from: 'app', to: 'app:2' }],
    ['a class that no longer exists', { on: 'gone', from: 'server', to: 'app' }],
    ['Wasm under crun, whether or not its annotation arrives', { on: 'crun', from: 'server', to: 'app' }],
  ])('no finding: %s', (_case, change) => {
    expect(decide(one(change.from, change), one(change.to, change))).toMatchObject({
      findings: [],
      changes: [],
    });
  });

  test('containers with an unchanged image have no finding', () => {
    const both = (image: string) =>
      pod({ containers: [{ image: 'server' }, { image }], spec: { runtimeClassName: 'crun-wasm' } });
    expect(decide(both('app'), both('app:2')).findings).toEqual([]);
  });
});

describe('an ephemeral container', () => {
  const add = (
    on: string | null,
    image: string,
    { tty, annotations = {} }: { tty?: boolean; annotations?: Record<string, string> } = {},
  ) => {
    const spec = on === null ? {} : { runtimeClassName: on };
    const debug = { name: 'debug', image, ...(tty === undefined ? {} : { tty }) };
    return decide(
      pod({ annotations, spec }),
      pod({ annotations, spec: { ...spec, ephemeralContainers: [debug] } }),
    ).findings;
  };

  test.each<[string, ReturnType<typeof add>]>([
    ['Linux under crun-wasm', add('crun-wasm', 'server')],
    ['Linux under compat', add('crun', 'server', { annotations: compat })],
    ['Spin under wasmtime', add('wasmtime', 'spin')],
    ['Wasm in a Pod without a class', add(null, 'app:2')],
  ])('denied: %s', (_case, findings) => {
    expect(findings).toMatchObject([
      { id: 'ephemeral-container-cannot-run', action: 'deny', container: 'debug' },
    ]);
  });

  test.each<[string, ReturnType<typeof add>]>([
    ['Linux under a shim', add('wasmtime', 'server')],
    ['Linux without a class', add(null, 'server')],
    ['Linux under crun', add('crun', 'server')],
    ['an unknown image', add('crun-wasm', 'away')],
  ])('no finding: %s', (_case, findings) => {
    expect(findings).toEqual([]);
  });

  test('kubectl debug -it under a shim gets a warning that it has no terminal', () => {
    expect(add('wasmtime', 'server', { tty: true })).toMatchObject([
      { id: 'tty-unsupported', action: 'warn', container: 'debug' },
    ]);
  });
});
