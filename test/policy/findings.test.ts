import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/policy/evaluate.ts';
import { FINDING_IDS, severityOf, type FindingId } from '../../src/policy/finding-catalog.ts';
import { defaultActionOf } from '../../src/policy/rate-findings.ts';
import { digestOf } from '../support/image/image-facts.ts';
import { cluster, node, pod, podFacts, runtimeClass, settings } from '../support/pod/pods.ts';
import { FINDING_CASES } from './finding-cases.ts';
import { type Case, decide, exec, limited, mesh, nodes, one, taint, tar } from './finding-pods.ts';

const cases = (kind: 'fires' | 'rests') =>
  Object.entries(FINDING_CASES).flatMap(([id, table]) =>
    Object.entries(table[kind]).map(([name, each]) => [id as FindingId, name, each] as const),
  );

describe('has the finding', () => {
  test.each(cases('fires'))('%s: %s', (id, _name, each) => {
    const found = decide(each).filter((finding) => finding.id === id);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ action: defaultActionOf(id), severity: severityOf(id) });
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

describe('does not have the finding', () => {
  test.each(cases('rests'))('%s: %s', (id, _name, each) => {
    expect(decide(each).map((finding) => finding.id)).not.toContain(id);
  });
});

test('the table names existing findings', () => {
  expect(FINDING_IDS).toEqual(expect.arrayContaining(Object.keys(FINDING_CASES)));
});

const crio = node('n', { runtimeVersion: 'cri-o://1.36.0', handlers: ['crun', 'runc'] });
const spinShims = cluster(['spin-v0-3-0', 'spin-v0-15-1'].map((name) => runtimeClass(name)));

describe('messages', () => {
  const messageOf = (id: string, each: Case) => {
    const found = decide(each).find((finding) => finding.id === id);
    return `${found?.container}: ${found?.detail} ${found?.advice}`;
  };

  test('the message names every use of exec in a container, with the most severe consequence', () => {
    const text = messageOf('exec-probe-unsupported', {
      pod: one('app', { livenessProbe: exec, lifecycle: { postStart: exec } }),
    });
    expect(text).toContain('container "c0" (image app) sets lifecycle.postStart.exec, livenessProbe.exec');
    expect(text).toContain('RuntimeClass "wasmtime" does not support exec: the kubelet kills it');
  });

  test('the message states the start in seconds, and the limit that shortens it to 10 s', () => {
    const text = messageOf('slow-start-under-cpu-limit', { pod: one('go', limited('100m')) });
    expect(text).toContain('for up to 30 s under its CPU limit of 100m');
    expect(text).toContain('Set resources.limits.cpu to 300m');
  });

  test('the fix for a slow start never exceeds one core', () => {
    const view = cluster([runtimeClass('wasmtime')]);
    const subject = pod({ ...one('big', limited('500m')), spec: { runtimeClassName: 'wasmtime' } });
    const { findings } = evaluate(podFacts(subject, { big: tar(4000) }, view), settings());
    expect(findings.find(({ id }) => id === 'slow-start-under-cpu-limit')?.advice).toContain(
      'limits.cpu to 1,',
    );
  });

  test('the message about a sidecar added after mutation names the chosen class and both fixes', () => {
    const annotations = { 'wasmgate.dev/runtime-class-chosen': 'crun-wasm' };
    const text = messageOf('handler-cannot-run-image', {
      on: 'crun-wasm',
      pod: { ...mesh({}), annotations },
    });
    expect(text).toContain(
      'RuntimeClass "crun-wasm", which wasmgate chose before this container was added, hands',
    );
    expect(text).toContain('", or stop the webhook that adds this container.');
    const stale = { 'wasmgate.dev/runtime-class-chosen': 'wasmtime' };
    expect(
      messageOf('handler-cannot-run-image', { on: 'crun-wasm', pod: { ...mesh({}), annotations: stale } }),
    ).toContain('Set runtimeClassName to "');
  });

  test('the fix lists Linux classes in the configured order', () => {
    const view = cluster([runtimeClass('a', { handler: 'crun' }), runtimeClass('z', { handler: 'runc' })]);
    const policy = { findings: { 'runtime-class-required': 'deny' } } as const;
    const text = messageOf('runtime-class-required', { on: null, view, policy, pod: one('server') });
    expect(text).toContain('Set runtimeClassName to "z" or "a"');
  });

  test.each<[string, Case, string, string]>([
    [
      'the fix names another class',
      { on: 'spin', pod: one('module') },
      'may not run under RuntimeClass "spin": the Spin shim serves HTTP components only',
      'Set runtimeClassName to "wasm", "wasmedge" or "wasmtime".',
    ],
    [
      'without another class, the fix names handlers',
      { on: 'spin', pod: one('module'), view: cluster([runtimeClass('spin')]) },
      'serves HTTP components only',
      'Create a class with handler "wasmtime", "wasmedge" or "wasmer".',
    ],
    [
      'an unknown handler: the fix names its configuration',
      { on: 'own', pod: one('spin'), view: cluster([runtimeClass('own', { handler: 'in-house' })]) },
      'under RuntimeClass "own" (handler in-house): wasmgate does not know this handler',
      'Create a class with handler "spin", or configure policy.handlers: {in-house: {like: spin}}.',
    ],
    [
      'an unknown handler whose name resembles crun',
      { on: 'own', view: cluster([runtimeClass('own', { handler: 'crun-wasmtime' })]) },
      'wasmgate does not know this handler',
      'If it is a build of crun, configure policy.handlers: {crun-wasmtime: {like: crun}}. If not: Create a class',
    ],
    [
      'a release in the name that is too old',
      { on: 'spin-v0-3-0', pod: one('spin'), view: spinShims },
      'the Spin shim runs it only since release 0.10.0',
      'Set runtimeClassName to "spin-v0-15-1", or configure policy.handlers: {spin-v0-3-0: {like: spin}}.',
    ],
    [
      'a release that is too old, without a newer one',
      { on: 'spin-v0-15-1', pod: one('module'), view: spinShims },
      'since release 0.23.0',
      'Create a class with handler "wasmtime"',
    ],
    [
      'no class on CRI-O nodes: the fix names their handler',
      { on: null, pod: one('wasi'), view: cluster([], [crio]) },
      "under the nodes' default runtime: CRI-O must name a Wasm runtime in platform_runtime_paths or allowed_annotations",
      'Create a class with handler "crun".',
    ],
  ])('a handler that may not run an image: %s', (_case, each, doubt, advice) => {
    const text = messageOf('handler-may-not-run-image', each);
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
  ])('the fix names the Wasm entry that nodes do not pull: %s', (id, each) => {
    expect(messageOf(id, each)).toContain(`Set image to "both@${digestOf('entry for Wasm')}".`);
  });

  test('the fix for a container without an image is to set it', () => {
    expect(messageOf('image-unknown', { pod: one('') })).toBe(
      'c0: container "c0" has no image Set its image.',
    );
  });

  test('the fix for WebAssembly text is to compile it, not to try another class', () => {
    const text = messageOf('no-runtime-class-for-image', { on: null, pod: one('wat') });
    expect(text).toContain('Compile it to a .wasm file');
    expect(text).not.toContain('all the same');
  });

  test('the fix names no class that no node has or that conflicts with the Pod', () => {
    const classes = [
      runtimeClass('absent', { handler: 'wasmedge' }),
      runtimeClass('elsewhere', { handler: 'wasmtime', nodeSelector: { zone: 'b' } }),
      runtimeClass('fitting', { handler: 'wasmtime' }),
      runtimeClass('runc'),
    ];
    const view = cluster(classes, [node('n', { handlers: ['runc', 'wasmtime'], labels: { zone: 'a' } })]);
    const text = messageOf('handler-cannot-run-image', {
      on: 'runc',
      view,
      pod: one('app'),
      spec: { nodeSelector: { zone: 'a' } },
    });
    expect(text).toContain('Set runtimeClassName to "fitting".');
  });

  test('the classes in the fix do not depend on what the API server copied from the current class', () => {
    const named = { overhead: { memory: '32Mi' }, nodeSelector: { zone: 'a' } };
    const view = cluster([
      runtimeClass('elsewhere', { handler: 'wasmtime', nodeSelector: { zone: 'b' } }),
      runtimeClass('lighter', { handler: 'wasmtime', overhead: { memory: '1Mi' } }),
      runtimeClass('like-it', { handler: 'wasmtime', ...named }),
      runtimeClass('runc', named),
    ]);
    const before = { on: 'runc', view, pod: one('app') };
    const text = messageOf('handler-cannot-run-image', before);
    expect(text).toContain('Set runtimeClassName to "elsewhere", "lighter" or "like-it"');
    expect(messageOf('handler-cannot-run-image', { ...before, spec: named })).toBe(text);
  });

  test('conflicting node selectors are reported without a finding about the missing nodes', () => {
    const view = cluster(
      [runtimeClass('wasmtime', { nodeSelector: { zone: 'b' } })],
      [node('n', { handlers: ['wasmtime'], labels: { zone: 'b' } })],
    );
    const ids = decide({ view, spec: { nodeSelector: { zone: 'a' } }, pod: one('app') }).map(({ id }) => id);
    expect(ids).toEqual(['node-selector-conflict']);
  });

  test('the fix for an image that only the node has is to set the class', () => {
    const text = messageOf('image-unknown', { pod: one('away', { imagePullPolicy: 'Never' }) });
    expect(text).toContain('set runtimeClassName to a class that runs it');
    expect(text).not.toContain('once wasmgate can read the image');
    expect(messageOf('image-unknown', { pod: one('foreign') })).toContain(
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
    expect(messageOf('handler-on-no-node', { view, pod: one('app') })).toContain(words);
  });

  test('the message about a taint names its node and the toleration to add', () => {
    const text = messageOf('node-taint-not-tolerated', { view: nodes([taint]) });
    expect(text).toContain('node "n0" is tainted workload=wasm:NoSchedule');
    expect(text).toContain('{key: workload, value: "wasm", effect: NoSchedule}');
  });

  test('what vouches for the annotation, without a messageOf in which class is chosen', () => {
    expect(messageOf('annotation-delivery-unknown', { on: 'crun' })).toContain(
      'policy.handlers: {crun: {like: crun, annotationArrives: true}}',
    );
  });

  test('the advice about packaging states both amounts of memory', () => {
    expect(messageOf('packaging-advice', { pod: one('go') })).toMatch(
      /needs 112Mi; an OCI Wasm layer needs (16|24)Mi Build/,
    );
  });
});

test('an unknown image is not denied under crun-wasm', () => {
  expect(
    decide({ on: 'crun-wasm', pod: { containers: [{ image: 'app' }, { image: 'away' }] } }).map(
      ({ action }) => action,
    ),
  ).not.toContain('deny');
});
