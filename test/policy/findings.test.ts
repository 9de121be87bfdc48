import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/policy/evaluate.ts';
import { FINDING_IDS } from '../../src/policy/finding-catalog.ts';
import { digestOf } from '../support/image/image-facts.ts';
import { cluster, node, pod, podFacts, runtimeClass, settings } from '../support/pod/pods.ts';
import { FINDING_CASES } from './finding-cases.ts';
import { type Case, decide, exec, limited, mesh, nodes, one, taint, tar } from './finding-pods.ts';

const cases = (kind: 'fires' | 'rests') =>
  Object.entries(FINDING_CASES).flatMap(([id, table]) =>
    Object.entries(table[kind]).map(([name, each]) => [id, name, each] as const),
  );

describe('it is found', () => {
  test.each(cases('fires'))('%s: %s', (id, _name, each) => {
    const found = decide(each).filter((finding) => finding.id === id);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      action: 'warn',
      severity: ['packaging-advice', 'annotation-delivery-unknown'].includes(id) ? 'info' : 'warning',
    });
    expect(found[0]?.advice).toMatch(/\.$/);
  });
});

const WARNING = { characters: 256, image: 45 } as const;

test.each(cases('fires'))('%s fits a warning line: %s', (id, _name, each) => {
  for (const { detail, advice } of decide(each).filter((finding) => finding.id === id)) {
    const line = `wasmgate/${id}: ${detail}. ${advice}`;
    const padded = line
      .replace(/\(image [^)]*\)/, `(image ${'i'.repeat(WARNING.image)})`)
      .replace(/[^"]*@sha256:/, `${'i'.repeat(WARNING.image)}@sha256:`);
    expect(padded.length).toBeLessThanOrEqual(WARNING.characters);
    expect(padded).not.toContain('\n');
  }
});

describe('all is well', () => {
  test.each(cases('rests'))('%s: %s', (id, _name, each) => {
    expect(decide(each).map((finding) => finding.id)).not.toContain(id);
  });
});

test('the table names real findings', () => {
  expect(FINDING_IDS).toEqual(expect.arrayContaining(Object.keys(FINDING_CASES)));
});

const crio = node('n', { runtimeVersion: 'cri-o://1.36.0', handlers: ['crun', 'runc'] });
const spinShims = cluster(['spin-v0-3-0', 'spin-v0-15-1'].map((name) => runtimeClass(name)));

describe('what is said', () => {
  const say = (id: string, each: Case) => {
    const found = decide(each).find((finding) => finding.id === id);
    return `${found?.container}: ${found?.detail} ${found?.advice}`;
  };

  test('every use of exec in a container is named, with the worst that follows', () => {
    const text = say('exec-probe-unsupported', {
      pod: one('app', { livenessProbe: exec, lifecycle: { postStart: exec } }),
    });
    expect(text).toContain('container "c0" (image app) sets lifecycle.postStart.exec, livenessProbe.exec');
    expect(text).toContain('RuntimeClass "wasmtime" does not support exec: the kubelet kills it');
  });

  test('a slow start is given in seconds, with the limit that shortens it to ten', () => {
    const text = say('slow-start-under-cpu-limit', { pod: one('go', limited('100m')) });
    expect(text).toContain('for up to 30 s under its CPU limit of 100m');
    expect(text).toContain('Set resources.limits.cpu to 300m');
  });

  test('never more than a core is advised', () => {
    const view = cluster([runtimeClass('wasmtime')]);
    const subject = pod({ ...one('big', limited('500m')), spec: { runtimeClassName: 'wasmtime' } });
    const { findings } = evaluate(podFacts(subject, { big: tar(4000) }, view), settings());
    expect(findings.find(({ id }) => id === 'slow-start-under-cpu-limit')?.advice).toContain(
      'limits.cpu to 1,',
    );
  });

  test('a sidecar that came after the choice: that wasmgate chose, and who is to give way', () => {
    const annotations = { 'wasmgate.dev/runtime-class-chosen': 'crun-wasm' };
    const text = say('handler-cannot-run-image', { on: 'crun-wasm', pod: { ...mesh({}), annotations } });
    expect(text).toContain(
      'RuntimeClass "crun-wasm", which wasmgate chose before this container was added, hands',
    );
    expect(text).toContain('", or stop the webhook that adds this container.');
    const stale = { 'wasmgate.dev/runtime-class-chosen': 'wasmtime' };
    expect(
      say('handler-cannot-run-image', { on: 'crun-wasm', pod: { ...mesh({}), annotations: stale } }),
    ).toContain('Set runtimeClassName to "');
  });

  test('Linux classes to name come in the order of the setting', () => {
    const view = cluster([runtimeClass('a', { handler: 'crun' }), runtimeClass('z', { handler: 'runc' })]);
    const policy = { findings: { 'runtime-class-required': 'deny' } } as const;
    const text = say('runtime-class-required', { on: null, view, policy, pod: one('server') });
    expect(text).toContain('Set runtimeClassName to "z" or "a"');
  });

  test.each<[string, Case, string, string]>([
    [
      'a class to name instead',
      { on: 'spin', pod: one('module') },
      'may not run under RuntimeClass "spin": the Spin shim serves only HTTP components',
      'Set runtimeClassName to "wasm", "wasmedge" or "wasmtime".',
    ],
    [
      'no such class: the handlers',
      { on: 'spin', pod: one('module'), view: cluster([runtimeClass('spin')]) },
      'serves only HTTP components',
      'Create a class with handler "wasmtime", "wasmedge" or "wasmer".',
    ],
    [
      'a handler that may be anything: what to tell of it',
      { on: 'own', pod: one('spin'), view: cluster([runtimeClass('own', { handler: 'in-house' })]) },
      'under RuntimeClass "own" (handler in-house): wasmgate does not know this handler',
      'Create a class with handler "spin", or configure policy.handlers: {in-house: {like: spin}}.',
    ],
    [
      'an unknown handler with a telling name',
      { on: 'own', view: cluster([runtimeClass('own', { handler: 'crun-wasmtime' })]) },
      'wasmgate does not know this handler',
      'If it is a build of crun, configure policy.handlers: {crun-wasmtime: {like: crun}}. If not: Create a class',
    ],
    [
      'a release that is too old by its name',
      { on: 'spin-v0-3-0', pod: one('spin'), view: spinShims },
      'the Spin shim runs it only since release 0.10.0',
      'Set runtimeClassName to "spin-v0-15-1", or configure policy.handlers: {spin-v0-3-0: {like: spin}}.',
    ],
    [
      'a release that is too old, beside others of which the same is true',
      { on: 'spin-v0-15-1', pod: one('module'), view: spinShims },
      'since release 0.23.0',
      'Create a class with handler "wasmtime"',
    ],
    [
      "no class on CRI-O's nodes, where none of the classes has the handler that they have",
      { on: null, pod: one('wasi'), view: cluster([], [crio]) },
      "under the nodes' default runtime: CRI-O must name a Wasm runtime in platform_runtime_paths or allowed_annotations",
      'Create a class with handler "crun".',
    ],
  ])('a handler that may not run an image: %s', (_case, each, doubt, advice) => {
    const text = say('handler-may-not-run-image', each);
    expect(text).toContain(doubt);
    expect(text).toContain(advice);
  });

  test.each<[string, Case]>([
    ['wasm-entry-not-taken', { pod: one('both') }],
    ['handler-cannot-run-image', { on: 'crun-wasm', pod: one('both') }],
    [
      'linux-container-under-compat',
      { on: 'crun', pod: { ...one('both'), annotations: { 'run.oci.handler': 'wasm' } } },
    ],
  ])('the entry for Wasm that nodes do not take: %s names it', (id, each) => {
    expect(say(id, each)).toContain(`Set image to "both@${digestOf('entry for Wasm')}".`);
  });

  test('a container without an image', () => {
    expect(say('image-unknown', { pod: one('') })).toBe('c0: container "c0" has no image Set its image.');
  });

  test('WebAssembly text is not offered to classes that might run it all the same', () => {
    const text = say('no-runtime-class-for-image', { on: null, pod: one('wat') });
    expect(text).toContain('Compile it to a .wasm file');
    expect(text).not.toContain('all the same');
  });

  test('classes to name instead: none that no node has, and none that contradicts the Pod', () => {
    const classes = [
      runtimeClass('absent', { handler: 'wasmedge' }),
      runtimeClass('elsewhere', { handler: 'wasmtime', nodeSelector: { zone: 'b' } }),
      runtimeClass('fitting', { handler: 'wasmtime' }),
      runtimeClass('runc'),
    ];
    const view = cluster(classes, [node('n', { handlers: ['runc', 'wasmtime'], labels: { zone: 'a' } })]);
    const text = say('handler-cannot-run-image', {
      on: 'runc',
      view,
      pod: one('app'),
      spec: { nodeSelector: { zone: 'a' } },
    });
    expect(text).toContain('Set runtimeClassName to "fitting".');
  });

  test('classes to name instead do not hang on what the API server copied from the class that is named', () => {
    const named = { overhead: { memory: '32Mi' }, nodeSelector: { zone: 'a' } };
    const view = cluster([
      runtimeClass('elsewhere', { handler: 'wasmtime', nodeSelector: { zone: 'b' } }),
      runtimeClass('lighter', { handler: 'wasmtime', overhead: { memory: '1Mi' } }),
      runtimeClass('like-it', { handler: 'wasmtime', ...named }),
      runtimeClass('runc', named),
    ]);
    const before = { on: 'runc', view, pod: one('app') };
    const text = say('handler-cannot-run-image', before);
    expect(text).toContain('Set runtimeClassName to "elsewhere", "lighter" or "like-it"');
    expect(say('handler-cannot-run-image', { ...before, spec: named })).toBe(text);
  });

  test('nodes that cannot be are not told beside the selectors that contradict each other', () => {
    const view = cluster(
      [runtimeClass('wasmtime', { nodeSelector: { zone: 'b' } })],
      [node('n', { handlers: ['wasmtime'], labels: { zone: 'b' } })],
    );
    const ids = decide({ view, spec: { nodeSelector: { zone: 'a' } }, pod: one('app') }).map(({ id }) => id);
    expect(ids).toEqual(['node-selector-conflict']);
  });

  test('an image of the node itself: that the class is left to the user', () => {
    const text = say('image-unknown', { pod: one('away', { imagePullPolicy: 'Never' }) });
    expect(text).toContain('set runtimeClassName to a class that runs it');
    expect(text).not.toContain('once wasmgate can read the image');
    expect(say('image-unknown', { pod: one('foreign') })).toContain(
      'set runtimeClassName to a class that runs it',
    );
  });

  test.each<[string, readonly string[], string]>([
    ['one node', ['n0'], 'node "n0", the only one selected, lacks its handler (it has runc)'],
    ['several', ['n0', 'n1'], 'none of the 2 selected nodes has its handler (they have runc)'],
    ['none', [], 'no node matches its nodeSelector and that of the Pod'],
  ])('nodes without the handler: %s', (_case, names, words) => {
    const labels = { zone: 'a' };
    const within = names.map((name) => node(name, { handlers: ['runc'], labels }));
    const elsewhere = node('other', { handlers: ['wasmtime'] });
    const view = cluster([runtimeClass('wasmtime', { nodeSelector: labels })], [...within, elsewhere]);
    expect(say('handler-on-no-node', { view, pod: one('app') })).toContain(words);
  });

  test('a taint is named with its node and the toleration to write', () => {
    const text = say('node-taint-not-tolerated', { view: nodes([taint]) });
    expect(text).toContain('node "n0" is tainted workload=wasm:NoSchedule');
    expect(text).toContain('{key: workload, value: "wasm", effect: NoSchedule}');
  });

  test('what vouches for the annotation, without a say in which class is chosen', () => {
    expect(say('annotation-delivery-unknown', { on: 'crun' })).toContain(
      'policy.handlers: {crun: {like: crun, annotationArrives: true}}',
    );
  });

  test('packaging: both amounts', () => {
    expect(say('packaging-advice', { pod: one('go') })).toMatch(
      /needs 112Mi; an OCI Wasm layer needs (16|24)Mi Build/,
    );
  });
});

test('an image that is not known is no reason to refuse a Pod under crun-wasm', () => {
  expect(
    decide({ on: 'crun-wasm', pod: { containers: [{ image: 'app' }, { image: 'away' }] } }).map(
      ({ action }) => action,
    ),
  ).not.toContain('deny');
});
