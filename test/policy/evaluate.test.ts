import { describe, expect, test } from 'vitest';
import { CHOSEN_CLASS_ANNOTATION } from '../../src/pod/names.ts';
import type { Decision } from '../../src/policy/decision.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import type { ClusterView } from '../../src/policy/facts.ts';
import type { PolicySettings } from '../../src/policy/settings.ts';
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
  node,
  pod,
  podFacts,
  runtimeClass,
  settings,
  type Known,
  type PodSketch,
} from '../support/pod/pods.ts';

const IMAGES: Readonly<Record<string, Known>> = {
  app: linux('/app.wasm'),
  wasi: wasi('/app.wasm'),
  server: linux('/server'),
  spin: SPIN_APP,
  module: OCI_MODULE,
  component: OCI_COMPONENT,
  chart: { configType: 'application/vnd.cncf.helm.config.v1+json' },
  away: 'unreachable',
  late: 'timeout',
};

const CHOSEN = {
  spec: { runtimeClassName: 'wasmtime' },
  annotations: { [CHOSEN_CLASS_ANNOTATION]: 'wasmtime' },
};

const FLEET = cluster([
  runtimeClass('wasmtime'),
  runtimeClass('wasmtime-spin-v2', { handler: 'spin' }),
  runtimeClass('runc'),
]);

const crio = cluster([], [node('n', { runtimeVersion: 'cri-o://1.36.0', handlers: ['crun', 'runc'] })]);

interface Setup {
  readonly view?: ClusterView;
  readonly policy?: Partial<PolicySettings>;
  readonly isMutated?: boolean;
}

function decide(sketch: PodSketch, { view = FLEET, policy = {}, isMutated = false }: Setup = {}): Decision {
  return evaluate(podFacts(pod(sketch), IMAGES, view, { isMutated }), settings(policy));
}

function chosen(sketch: PodSketch, setup?: Setup): string | null {
  const { runtimeClass: found } = decide(sketch, setup);
  return found.origin === 'chosen' ? (found.class?.name ?? null) : null;
}

function ids({ findings }: Decision): readonly string[] {
  return findings.map(({ id, action }) => `${action} ${id}`);
}

function change(decision: Decision, path: string): unknown {
  return decision.changes.find((candidate) => candidate.path === path)?.value;
}

describe('the choice of a class', () => {
  const crun = runtimeClass('crun-wasm', { handler: 'crun' });
  const edge = runtimeClass('wasmedge');
  const time = runtimeClass('wasmtime');

  test.each<[string, PodSketch, Setup, string | null]>([
    ['none for ordinary Pods', { containers: [{ image: 'server' }] }, {}, null],
    ['one whose handler runs the image', {}, {}, 'wasmtime'],
    ['the Spin class for Spin', { containers: [{ image: 'spin' }] }, {}, 'wasmtime-spin-v2'],
    [
      'one that runs Linux sidecars as well',
      { containers: [{ image: 'app' }, { image: 'server' }] },
      {},
      'wasmtime',
    ],
    [
      'a class of a versioned handler',
      { containers: [{ image: 'spin' }] },
      { view: cluster([runtimeClass('x', { handler: 'spin-v0-15-1' })]) },
      'x',
    ],
    [
      'the first by name if nothing else differs',
      {},
      { view: cluster([runtimeClass('wasmer'), edge]) },
      'wasmedge',
    ],
    [
      'a class for modules and components, if the image may be either',
      {},
      { view: cluster([time, edge]) },
      'wasmtime',
    ],
    [
      'a class that the operator prefers, by name',
      {},
      { view: cluster([edge, time]), policy: { preferRuntimeClasses: ['wasmtime'] } },
      'wasmtime',
    ],
    [
      'a class that the operator prefers, by handler',
      {},
      { view: cluster([edge, crun]), policy: { preferRuntimeClasses: ['crun'] } },
      'crun-wasm',
    ],
    [
      'one whose handler a node has',
      {},
      { view: cluster([edge, time], [node('n', { handlers: ['wasmtime'] })]) },
      'wasmtime',
    ],
    ['crun without a confirmed annotation, as the last resort', {}, { view: cluster([crun]) }, 'crun-wasm'],
    ['… after any other class', {}, { view: cluster([crun, time]) }, 'wasmtime'],
    [
      'crun if a node has it',
      {},
      { view: cluster([crun], [node('n', { handlers: ['crun'] })]) },
      'crun-wasm',
    ],
    [
      'a handler without a release in its name before one whose release is too old',
      { containers: [{ image: 'module', command: ['a.wasm'] }] },
      { view: cluster([runtimeClass('spin-v0-15-1'), runtimeClass('spin')]) },
      'spin',
    ],
    [
      '… but after one whose release is recent enough',
      { containers: [{ image: 'spin' }] },
      { view: cluster([runtimeClass('spin-v0-15-1'), runtimeClass('spin')]) },
      'spin-v0-15-1',
    ],
    [
      'an unconditional handler before crun',
      {},
      { view: cluster([crun, time], [node('n', { handlers: ['crun', 'wasmtime'] })]) },
      'wasmtime',
    ],
    [
      'none if the only handler runs no components',
      { containers: [{ image: 'component', command: ['a.wasm'] }] },
      { view: cluster([edge]) },
      null,
    ],
    [
      'none of an unknown handler',
      {},
      { view: cluster([runtimeClass('nvidia'), runtimeClass('kata-qemu')]) },
      null,
    ],
    [
      'none whose nodeSelector contradicts the Pod',
      { spec: { nodeSelector: { pool: 'a' } } },
      { view: cluster([runtimeClass('wasmtime', { nodeSelector: { pool: 'b' } })]) },
      null,
    ],
    [
      'none whose overhead contradicts the Pod',
      { spec: { overhead: { memory: '8Mi' } } },
      { view: cluster([runtimeClass('wasmtime', { overhead: { memory: '16Mi' } })]) },
      null,
    ],
    [
      'one whose overhead is the same amount',
      { spec: { overhead: { memory: '16384Ki' } } },
      { view: cluster([runtimeClass('wasmtime', { overhead: { memory: '16Mi' } })]) },
      'wasmtime',
    ],
    [
      'any class if all nodes are cordoned',
      {},
      { view: cluster([time], [node('n', { unschedulable: true, handlers: ['runc'] })]) },
      'wasmtime',
    ],
  ])('%s', (_case, sketch, setup, name) => {
    expect(chosen(sketch, setup)).toBe(name);
  });

  test('a Pod that names a class keeps it', () => {
    const decision = decide({ spec: { runtimeClassName: 'wasmtime' } });
    expect(decision.runtimeClass).toMatchObject({ origin: 'pod', class: { name: 'wasmtime' } });
    expect(change(decision, '/spec/runtimeClassName')).toBeUndefined();
  });
});

describe('changes', () => {
  const toleration = { key: 'wasm-workload', operator: 'Equal', value: 'true', effect: 'NoSchedule' };
  const view = cluster([
    runtimeClass('wasmtime', {
      overhead: { memory: '16Mi' },
      nodeSelector: { 'wasm/x': '1' },
      tolerations: [toleration],
    }),
  ]);

  test('a chosen class adds its overhead, nodeSelector and tolerations unchanged', () => {
    const decision = decide({}, { view });
    expect(change(decision, '/spec/runtimeClassName')).toBe('wasmtime');
    expect(change(decision, '/spec/overhead')).toEqual({ memory: '16Mi' });
    expect(change(decision, '/spec/nodeSelector/wasm~1x')).toBe('1');
    expect(change(decision, '/spec/tolerations/-')).toEqual(toleration);
    expect(change(decision, '/metadata/annotations/wasmgate.dev~1runtime-class-chosen')).toBe('wasmtime');
    expect(change(decision, '/metadata/annotations/module.wasm.image~1variant')).toBe('compat-smart');
  });

  test('what the Pod already has is not added again', () => {
    const decision = decide(
      { spec: { tolerations: [toleration], nodeSelector: { 'wasm/x': '1' } } },
      { view, policy: { tolerations: [{ key: 'wasm-workload', value: 'true', effect: 'NoSchedule' }] } },
    );
    expect(decision.changes.map(({ path }) => path)).not.toContain('/spec/tolerations/-');
    expect(change(decision, '/spec/nodeSelector/wasm~1x')).toBeUndefined();
  });

  test('configured tolerations are also added to Wasm Pods that name their class', () => {
    const policy = { tolerations: [{ key: 'edge', operator: 'Exists' }] } as const;
    const decision = decide(
      { spec: { runtimeClassName: 'wasmtime' } },
      { policy: { tolerations: [...policy.tolerations] } },
    );
    expect(change(decision, '/spec/tolerations/-')).toEqual(policy.tolerations[0]);
  });

  test.each<[string, PodSketch, Setup, unknown]>([
    ["a user's annotation stays", { annotations: { 'module.wasm.image/variant': 'compat' } }, {}, undefined],
    ['not added beside run.oci.handler', { annotations: { 'run.oci.handler': 'wasm-smart' } }, {}, undefined],
    ['not added if it is not needed', {}, { policy: { variantAnnotation: 'when-needed' } }, undefined],
    ['never added with variantAnnotation never', {}, { policy: { variantAnnotation: 'never' } }, undefined],
    [
      'when-needed for crun',
      { spec: { runtimeClassName: 'c' } },
      {
        policy: { variantAnnotation: 'when-needed' },
        view: cluster([runtimeClass('c', { handler: 'crun' })]),
      },
      'compat-smart',
    ],
  ])('variant annotation: %s', (_case, sketch, setup, value) => {
    expect(change(decide(sketch, setup), '/metadata/annotations/module.wasm.image~1variant')).toBe(value);
  });

  test('a Spin application without a command gets the one its shim expects', () => {
    const sketch = { containers: [{ image: 'spin' }] };
    expect(change(decide(sketch), '/spec/containers/0/command')).toEqual(['/']);
    expect(ids(decide(sketch))).not.toContain('deny command-required');
    expect(ids(decide(sketch, { policy: { spinCommand: false } }))).toContain('deny command-required');
    expect(
      change(decide({ containers: [{ image: 'spin', command: ['/'] }] }), '/spec/containers/0/command'),
    ).toBeUndefined();
  });

  test('Pods without Wasm are not changed', () => {
    expect(decide({ containers: [{ image: 'server' }] })).toMatchObject({ changes: [], findings: [] });
    expect(
      decide({ containers: [{ image: 'server' }], spec: { runtimeClassName: 'wasmtime' } }),
    ).toMatchObject({ changes: [], findings: [] });
    expect(decide({ containers: [{ image: 'away' }] })).toMatchObject({ changes: [] });
  });
});

describe('findings', () => {
  const wasmedge = cluster([runtimeClass('wasmedge'), runtimeClass('wasmtime')]);
  const spinAndModule = cluster([runtimeClass('spin'), runtimeClass('wasmedge')]);

  test('the fix for a missing class has no command if no other class could run the Pod', () => {
    const { findings } = decide(
      { spec: { runtimeClassName: 'nope' } },
      { view: cluster([runtimeClass('runc')]) },
    );
    const advice = 'Create "nope" with a handler that your nodes have, or use a class that exists.';
    expect(findings).toMatchObject([{ id: 'runtime-class-missing', advice }]);
  });

  test.each<[string, PodSketch, Setup, readonly string[]]>([
    [
      'a class that does not exist',
      { spec: { runtimeClassName: 'nope' } },
      {},
      ['deny runtime-class-missing'],
    ],
    [
      'no class for the image',
      {},
      { view: cluster([runtimeClass('runc')]) },
      ['deny no-runtime-class-for-image'],
    ],
    [
      'no class at all',
      { containers: [{ image: 'spin' }] },
      { view: cluster([]) },
      ['deny no-runtime-class-for-image'],
    ],
    [
      'no class on CRI-O nodes, whose default runtime may run a Wasm platform',
      { containers: [{ image: 'wasi' }] },
      { view: crio },
      ['warn handler-may-not-run-image'],
    ],
    [
      '… but not a Spin application, because that runtime is a build of crun',
      { containers: [{ image: 'spin' }] },
      { view: crio },
      ['deny no-runtime-class-for-image'],
    ],
    [
      '… and not an artifact, which has no file system',
      { containers: [{ image: 'module', command: ['a.wasm'] }] },
      { view: crio },
      ['deny no-runtime-class-for-image'],
    ],
    [
      'only crun, without a confirmed annotation',
      {},
      { view: cluster([runtimeClass('crun')]) },
      ['warn component-on-module-runtime', 'warn annotation-delivery-unknown'],
    ],
    ['Wasm on runc', { spec: { runtimeClassName: 'runc' } }, {}, ['deny handler-cannot-run-image']],
    [
      'Spin on wasmtime',
      { containers: [{ image: 'spin', command: ['/'] }], spec: { runtimeClassName: 'wasmtime' } },
      {},
      ['deny handler-cannot-run-image'],
    ],
    [
      'an OCI layer on crun',
      { containers: [{ image: 'module', command: ['a.wasm'] }], spec: { runtimeClassName: 'crun' } },
      { view: cluster([runtimeClass('crun')]) },
      ['deny handler-cannot-run-image'],
    ],
    [
      'a component on wasmedge',
      { containers: [{ image: 'component', command: ['a.wasm'] }], spec: { runtimeClassName: 'wasmedge' } },
      { view: wasmedge },
      ['deny handler-cannot-run-image'],
    ],
    [
      'a Linux sidecar on crun-wasm',
      { containers: [{ image: 'app' }, { image: 'server' }], spec: { runtimeClassName: 'crun-wasm' } },
      { view: cluster([runtimeClass('crun-wasm')]) },
      ['deny handler-cannot-run-image', 'warn component-on-module-runtime'],
    ],
    [
      'containers that need different handlers',
      { containers: [{ image: 'spin' }, { image: 'app' }] },
      { view: spinAndModule },
      ['deny mixed-handlers-needed'],
    ],
    ['an artifact without a command', { containers: [{ image: 'module' }] }, {}, ['deny command-required']],
    ['a chart', { containers: [{ image: 'chart' }] }, {}, ['warn image-not-a-workload']],
    ['an unknown image has no finding', { containers: [{ image: 'away' }] }, {}, []],
    [
      '… unless something hints at Wasm: a class',
      { containers: [{ image: 'away' }], spec: { runtimeClassName: 'wasmtime' } },
      {},
      ['warn image-unknown'],
    ],
    [
      '… an annotation',
      { containers: [{ image: 'away' }], annotations: { 'module.wasm.image/variant': 'compat' } },
      {},
      ['warn image-unknown'],
    ],
    ['… an argument', { containers: [{ image: 'away', args: ['/app.wasm'] }] }, {}, ['warn image-unknown']],
    [
      '… or the operator denies unknown images',
      { containers: [{ image: 'away' }] },
      { policy: { onUnknownImage: 'deny' } },
      ['deny image-unknown'],
    ],
    [
      'an image that times out at validation only: the class was chosen at mutation',
      { containers: [{ image: 'late' }, { image: 'server' }], ...CHOSEN },
      {},
      [],
    ],
    [
      '… unless no class was chosen',
      { containers: [{ image: 'late' }], spec: CHOSEN.spec },
      {},
      ['warn image-unknown'],
    ],
    [
      '… or if another class was chosen',
      { containers: [{ image: 'late' }], ...CHOSEN, annotations: { [CHOSEN_CLASS_ANNOTATION]: 'spin' } },
      {},
      ['warn image-unknown'],
    ],
    [
      '… or if the class may be chosen for another container',
      { containers: [{ image: 'late' }, { image: 'app' }], ...CHOSEN },
      {},
      ['warn image-unknown'],
    ],
    [
      '… or if two images time out',
      { containers: [{ image: 'late' }, { image: 'late' }], ...CHOSEN },
      {},
      ['warn image-unknown', 'warn image-unknown'],
    ],
    [
      '… or if the image is unknown for another reason',
      { containers: [{ image: 'away' }], ...CHOSEN },
      {},
      ['warn image-unknown'],
    ],
    [
      '… or if the operator denies unknown images',
      { containers: [{ image: 'late' }], ...CHOSEN },
      { policy: { onUnknownImage: 'deny' } },
      ['deny image-unknown'],
    ],
    [
      'a class that was lost after mutation',
      {},
      { isMutated: true },
      ['deny wasm-image-without-runtime-class'],
    ],
    [
      '… is not reported for a Pod that is denied for another reason',
      { containers: [{ image: 'module' }] },
      { isMutated: true },
      ['deny command-required'],
    ],
    [
      'conflicting node selectors',
      { spec: { nodeSelector: { pool: 'a' } } },
      { view: cluster([runtimeClass('wasmtime', { nodeSelector: { pool: 'b' } })]) },
      ['deny node-selector-conflict'],
    ],
    [
      'an overhead that differs from that of the class',
      { spec: { runtimeClassName: 'wasmtime', overhead: { memory: '1Mi' } } },
      {},
      ['deny overhead-conflict'],
    ],
    [
      'a sidecar under compat',
      {
        annotations: { 'module.wasm.image/variant': 'compat' },
        containers: [{ image: 'app' }, { image: 'server' }],
        spec: { runtimeClassName: 'crun' },
      },
      { view: cluster([runtimeClass('crun')]) },
      [
        'warn component-on-module-runtime',
        'deny linux-container-under-compat',
        'warn annotation-delivery-unknown',
      ],
    ],
    [
      'run.oci.handler under crun-wasm',
      { annotations: { 'run.oci.handler': 'wasm' }, spec: { runtimeClassName: 'crun-wasm' } },
      { view: cluster([runtimeClass('crun-wasm')]) },
      ['warn component-on-module-runtime', 'warn annotation-conflict'],
    ],
    [
      'a value that crun does not know',
      { annotations: { 'module.wasm.image/variant': 'yes' }, spec: { runtimeClassName: 'crun' } },
      { view: cluster([runtimeClass('crun')]), policy: { preferRuntimeClasses: ['crun'] } },
      ['warn component-on-module-runtime', 'warn annotation-conflict'],
    ],
    [
      'a handler that no node has',
      { spec: { runtimeClassName: 'wasmtime' } },
      { view: cluster([runtimeClass('wasmtime')], [node('n', { handlers: ['runc'] })]) },
      ['warn handler-on-no-node'],
    ],
    [
      'none if the nodes do not report handlers',
      { spec: { runtimeClassName: 'wasmtime' } },
      { view: cluster([runtimeClass('wasmtime')], [node('n')]) },
      [],
    ],
  ])('%s', (_case, sketch, setup, expected) => {
    expect(ids(decide(sketch, setup))).toEqual(expected);
  });

  test('the finding about an index that no node can pull names the digest that works', () => {
    const facts = imageFacts(wasi('/app.wasm'));
    const pull = {
      ok: false,
      cause: 'no-platform',
      platforms: [{ os: 'wasi', architecture: 'wasm', variant: null }],
      insteadUse: facts.digest,
    } as const;
    const subject = pod({ containers: [{ image: 'ghcr.io/x/y:1' }] });
    const decision = evaluate(podFacts(subject, { 'ghcr.io/x/y:1': { ...facts, pull } }, FLEET), settings());
    expect(ids(decision)).toEqual(['deny image-will-not-pull']);
    expect(decision.findings[0]?.advice).toContain(`ghcr.io/x/y@${facts.digest}`);
    expect(decision.findings[0]?.detail).toContain('wasi/wasm');
  });

  test('a tar image for wasi on containerd 2.3 gets a warning that names the node', () => {
    const facts = podFacts(
      pod({ containers: [{ image: 'w' }] }),
      { w: wasi('/app.wasm') },
      cluster(
        [runtimeClass('wasmtime')],
        [node('edge-1', { handlers: ['wasmtime'], runtimeVersion: 'containerd://2.3.7' })],
      ),
    );
    const decision = evaluate(facts, settings());
    expect(ids(decision)).toEqual(['warn image-needs-unpack-setting']);
    expect(decision.findings[0]?.detail).toContain('edge-1');
  });

  test('messages name the container, the image and its kind, the class and the fix', () => {
    const [finding] = decide({
      containers: [{ image: 'spin', name: 'web' }],
      spec: { runtimeClassName: 'wasmtime' },
    }).findings;
    expect(finding?.detail).toMatch(
      /^container "web" \(image spin\) is a Spin application, but the Wasmtime shim of RuntimeClass "wasmtime" cannot host this kind of application$/,
    );
    expect(finding?.advice).toContain('wasmtime-spin-v2');
  });
});
