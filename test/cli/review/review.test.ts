import { stripVTControlCharacters } from 'node:util';
import jsonPatch from 'fast-json-patch';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { FACTS, outputsBeside, podOf, useReviewStage } from '../../support/cli/review-stage.ts';

const stage = useReviewStage();

const PODS = [
  podOf('linux', 'linux-plain'),
  podOf('module', 'bk-wasi-wasm'),
  podOf('wrong', 'spin-v2-app', '  runtimeClassName: wasmtime'),
  podOf('gone', 'no-such-image'),
  podOf('windows', 'linux-plain', '  os: {name: windows}'),
].join('\n---\n');

describe('outcomes', () => {
  test('one of each', async () => {
    const file = await stage.write('pods.yaml', PODS);
    const { items, summary } = await stage.report(['-f', file, '--facts', stage.facts]);
    expect(items.map(({ source, outcome }) => `${source.name} ${outcome}`)).toEqual([
      'linux admitted',
      'module changed',
      'wrong refused',
      'gone undecided',
      'windows skipped',
    ]);
    expect(summary).toEqual({
      reviewed: 5,
      admitted: 1,
      changed: 1,
      refused: 1,
      skipped: 1,
      undecided: 1,
      passedOver: 0,
      errors: 0,
    });
  });

  test.each([
    ['nothing to deny', [podOf('a', 'linux-plain'), podOf('b', 'bk-wasi-wasm')], 0],
    ['something denied', [podOf('a', 'spin-v2-app', '  runtimeClassName: wasmtime')], 1],
    ['something undecided', [podOf('a', 'none'), podOf('b', 'linux-plain')], 3],
    [
      'denied wins over undecided',
      [podOf('a', 'none'), podOf('b', 'spin-v2-app', '  runtimeClassName: runc')],
      1,
    ],
    ['skipped', [podOf('a', 'linux-plain', '  os: {name: windows}')], 0],
  ])('exit code: %s', async (_case, pods, exitCode) => {
    const file = await stage.write('exit.yaml', pods.join('\n---\n'));
    expect(await stage.review(['-f', file, '--facts', stage.facts])).toMatchObject({ exitCode });
  });

  test.each(['allow', 'deny'])(
    'an unknown image is undecided, even if the policy is to %s it',
    async (policy) => {
      const file = await stage.write('unknown.yaml', podOf('a', 'none', '  runtimeClassName: wasmtime'));
      const config = await stage.write(
        'config.yaml',
        `{apiVersion: wasmgate.dev/v1alpha1, kind: Configuration, policy: {onUnknownImage: ${policy}}}`,
      );
      const { items } = await stage.report(['-f', file, '--facts', stage.facts, '--config', config]);
      expect(items).toMatchObject([{ outcome: 'undecided', findings: [{ id: 'image-unknown' }] }]);
    },
  );

  test.each([
    ['a module', podOf('a', 'bk-wasi-wasm'), '\n  class     no classes given; pass them with --facts\n'],
    [
      'a named class',
      podOf('a', 'bk-wasi-wasm', '  runtimeClassName: wasmtime'),
      '\n  class     wasmtime (no classes given; pass them with --facts)\n',
    ],
  ])('without RuntimeClasses among the facts, %s is undecided, with the reason', async (_case, pod, id) => {
    const file = await stage.write('bare.yaml', pod);
    const { exitCode, stdout, stderr } = await stage.review(['-f', file]);
    expect(exitCode).toBe(3);
    expect(stdout).toContain(id);
    expect(stdout).not.toMatch(/runtime-class-missing|no-runtime-class-for-image/);
    expect(stderr).toMatch(/^Note: no RuntimeClasses given.*--facts.*--live.*\n$/);
  });

  test.each(outputsBeside('table'))(
    'without RuntimeClasses, -o %s reports none as missing, notes once that none is given, and reviews the rest',
    async (output) => {
      const named = podOf('b', 'linux-plain', '  runtimeClassName: gone\n  hostUsers: false');
      const file = await stage.write('bare.yaml', [podOf('a', 'bk-wasi-wasm'), named].join('\n---\n'));
      const { exitCode, stdout, stderr } = await stage.review(['-f', file, '-o', output]);
      expect(exitCode).toBe(3);
      const results = output === 'sarif' ? stdout.slice(stdout.indexOf('"invocations"')) : stdout;
      expect(results).not.toMatch(/runtime-class-missing|no-runtime-class-for-image|does not exist|none of/);
      expect(stderr.match(/RuntimeClass/g)).toHaveLength(1);
    },
  );

  test('without RuntimeClasses, a Pod is denied for other reasons', async () => {
    const config = await stage.write(
      'first.yaml',
      '{apiVersion: wasmgate.dev/v1alpha1, kind: Configuration, policy: {scenario: wasm-first}}',
    );
    const file = await stage.write('bare.yaml', podOf('a', 'linux-plain'));
    const { items } = await stage.report(['-f', file, '--config', config]);
    expect(items).toMatchObject([{ outcome: 'refused', findings: [{ id: 'runtime-class-required' }] }]);
  });

  test('without RuntimeClasses, a Pod that needs none is admitted without a note', async () => {
    const file = await stage.write('bare.yaml', podOf('a', 'linux-plain'));
    expect(await stage.review(['-f', file])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('a missing class is denied if classes are known', async () => {
    const file = await stage.write('bare.yaml', podOf('a', 'bk-wasi-wasm', '  runtimeClassName: wasmtyme'));
    const { items } = await stage.report(['-f', file, '--facts', stage.facts]);
    expect(items).toMatchObject([
      {
        outcome: 'refused',
        runtimeClass: { name: 'wasmtyme', handler: null, origin: 'none' },
        findings: [{ id: 'runtime-class-missing' }],
      },
    ]);
  });

  test('the mode comes from the namespace among the facts', async () => {
    const namespaces = ['audit', 'warn', 'off', 'enforce', 'odd'].map(
      (mode) =>
        `{apiVersion: v1, kind: Namespace, metadata: {name: ${mode}, labels: {wasmgate.dev/mode: ${mode}}}}`,
    );
    const wrong = podOf('a', 'spin-v2-app', '  runtimeClassName: wasmtime');
    const pods = ['audit', 'warn', 'off', 'enforce', 'odd'].map((mode) =>
      wrong.replace('{name: a}', `{name: a, namespace: ${mode}}`),
    );
    const file = await stage.write('modes.yaml', [...namespaces, ...pods].join('\n---\n'));
    const { stdout, stderr } = await stage.review(['-f', file, '--facts', stage.facts, '-o', 'json']);
    const { items } = JSON.parse(stdout) as { items: readonly { mode: string; outcome: string }[] };
    expect(items.map(({ mode, outcome }) => [mode, outcome])).toEqual([
      ['audit', 'admitted'],
      ['warn', 'changed'],
      [null, 'skipped'],
      ['enforce', 'refused'],
      ['enforce', 'refused'],
    ]);
    expect(stderr).toContain('namespace label wasmgate.dev/mode: "odd" is not one of');
  });

  test('mode audit reports changes, and makes none', async () => {
    const config = await stage.write(
      'audit.yaml',
      '{apiVersion: wasmgate.dev/v1alpha1, kind: Configuration, policy: {mode: audit}}',
    );
    const file = await stage.write('module.yaml', podOf('a', 'bk-wasi-wasm'));
    const args = ['-f', file, '--facts', stage.facts, '--config', config];
    const { items } = await stage.report(args);
    expect(items).toMatchObject([
      { mode: 'audit', outcome: 'admitted', patch: [], runtimeClass: { name: 'wasmtime' } },
    ]);
    expect(items[0]?.changes.map(({ field }) => field)).toContain('spec.runtimeClassName');
    expect((await stage.review(args)).stdout).toMatch(/^ {2}would set metadata\./m);
  });
});

describe('input', () => {
  const template = `{spec: {containers: [{name: app, image: REGISTRY/corpus/bk-wasi-wasm}]}}`;

  test.each([
    ['Deployment', 'apps/v1', `{template: ${template}}`, '/spec/template'],
    ['ReplicaSet', 'apps/v1', `{template: ${template}}`, '/spec/template'],
    ['StatefulSet', 'apps/v1', `{template: ${template}}`, '/spec/template'],
    ['DaemonSet', 'apps/v1', `{template: ${template}}`, '/spec/template'],
    ['Job', 'batch/v1', `{template: ${template}}`, '/spec/template'],
    [
      'CronJob',
      'batch/v1',
      `{jobTemplate: {spec: {template: ${template}}}}`,
      '/spec/jobTemplate/spec/template',
    ],
    ['Service', 'serving.knative.dev/v1', `{template: ${template}}`, '/spec/template'],
  ])('the patch of a %s applies to it', async (kind, apiVersion, spec, path) => {
    const text = `{apiVersion: ${apiVersion}, kind: ${kind}, metadata: {name: w}, spec: ${spec}}`;
    const file = await stage.write('workload.yaml', text);
    const { items } = await stage.report(['-f', file, '--facts', stage.facts]);
    expect(items).toMatchObject([{ source: { kind, namespace: 'default', name: 'w' }, outcome: 'changed' }]);
    const patch = items[0]?.patch ?? [];
    expect(patch.every((operation) => operation.path.startsWith(`${path}/`))).toBe(true);
    const patched = jsonPatch.applyPatch(
      parse(text.replaceAll('REGISTRY', stage.host)),
      [...patch],
      true,
    ).newDocument;
    const written = await stage.write('patched.yaml', JSON.stringify(patched));
    expect((await stage.report(['-f', written, '--facts', stage.facts])).items).toMatchObject([
      { outcome: 'admitted' },
    ]);
  });

  test('a Service is passed over, a Knative Service is not', async () => {
    const file = await stage.write(
      's.yaml',
      `{apiVersion: v1, kind: Service, metadata: {name: s}}\n---\n${podOf('a', 'linux-plain')}`,
    );
    expect((await stage.report(['-f', file])).summary).toMatchObject({ reviewed: 1, passedOver: 1 });
  });

  test('items of typed and untyped lists are reviewed', async () => {
    const pod = (name: string) => podOf(name, 'linux-plain').trim().replaceAll('\n', '\n  ');
    const file = await stage.write(
      'lists.yaml',
      [
        `apiVersion: v1\nkind: List\nitems:\n- ${pod('a')}\n- ${pod('b')}`,
        `apiVersion: v1\nkind: PodList\nitems:\n- ${pod('c').replace(/apiVersion: v1\n\s+kind: Pod\n\s+/, '')}`,
        'apiVersion: v1\nkind: List\nitems: null',
      ].join('\n---\n'),
    );
    const { items } = await stage.report(['-f', file]);
    expect(items.map(({ source }) => [source.document, source.kind, source.name])).toEqual([
      [1, 'Pod', 'a'],
      [1, 'Pod', 'b'],
      [2, 'Pod', 'c'],
    ]);
  });

  test('an AdmissionReview provides object, namespace and uid', async () => {
    const review = {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: {
        uid: 'abc',
        kind: { group: '', version: 'v1', kind: 'Pod' },
        resource: { group: '', version: 'v1', resource: 'pods' },
        operation: 'CREATE',
        namespace: 'team-a',
        name: '',
        object: parse(podOf('a', 'bk-wasi-wasm').replaceAll('REGISTRY', stage.host)) as unknown,
      },
    };
    const file = await stage.write('review.json', JSON.stringify(review));
    const { stdout } = await stage.review(['-f', file, '--facts', stage.facts, '-o', 'admissionreview']);
    expect(JSON.parse(stdout)).toMatchObject({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: 'abc', allowed: true, patchType: 'JSONPatch' },
    });
    const { items } = await stage.report(['-f', file, '--facts', stage.facts]);
    expect(items).toMatchObject([{ source: { namespace: 'team-a', name: 'a' }, outcome: 'changed' }]);
  });

  test('facts among the reviewed manifests count, and are not passed over', async () => {
    const file = await stage.write('all.yaml', `${FACTS}\n---\n${podOf('a', 'bk-wasi-wasm')}`);
    const { items, summary } = await stage.report(['-f', file]);
    expect(items).toMatchObject([{ outcome: 'changed', runtimeClass: { name: 'wasmtime' } }]);
    expect(summary.passedOver).toBe(0);
  });

  test('a namespace for objects that do not set one', async () => {
    const file = await stage.write('n.yaml', podOf('a', 'linux-plain'));
    const { items } = await stage.report(['-f', file, '-n', 'team-b']);
    expect(items).toMatchObject([{ source: { namespace: 'team-b' } }]);
  });
});

describe('output', () => {
  test('yaml holds all objects, the reviewed ones with their changes', async () => {
    const text = `{apiVersion: v1, kind: Service, metadata: {name: on, annotations: {a: "yes"}}}\n---\n${podOf('module', 'bk-wasi-wasm')}`;
    const file = await stage.write('app.yaml', text);
    const { stdout } = await stage.review(['-f', file, '--facts', stage.facts, '-o', 'yaml']);
    expect(parseAllDocuments(stdout).map((document) => document.toJS() as unknown)).toMatchObject([
      { kind: 'Service', metadata: { annotations: { a: 'yes' } } },
      { kind: 'Pod', spec: { runtimeClassName: 'wasmtime' } },
    ]);
    expect(stdout).toContain('a: "yes"');
  });

  test('patch is one line for each reviewed object', async () => {
    const file = await stage.write('pods.yaml', PODS);
    const { stdout } = await stage.review(['-f', file, '--facts', stage.facts, '-o', 'patch']);
    const patches = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown[]);
    expect(patches.map((patch) => patch.length > 0)).toEqual([false, true, false, false, false]);
  });

  test('diff shows changed objects only', async () => {
    const file = await stage.write('pods.yaml', PODS);
    const { stdout } = await stage.review(['-f', file, '--facts', stage.facts, '-o', 'diff']);
    expect(stdout.match(/^--- .*$/gm)).toEqual([`--- ${file}, document 2`]);
    expect(stdout).toContain('\n+  runtimeClassName: wasmtime\n');
  });

  test('admissionreview holds denials as the API server would get them', async () => {
    const file = await stage.write(
      'wrong.yaml',
      podOf('wrong', 'spin-v2-app', '  runtimeClassName: wasmtime'),
    );
    const { stdout } = await stage.review(['-f', file, '--facts', stage.facts, '-o', 'admissionreview']);
    expect(JSON.parse(stdout)).toMatchObject({
      response: { uid: 'review-1', allowed: false, status: { code: 403, reason: 'Forbidden' } },
    });
  });

  test.each([
    [40, 40],
    [80, 80],
    [200, 120],
  ])('on a terminal of %i columns, lines have at most %i', async (columns, widest) => {
    const file = await stage.write('pods.yaml', PODS);
    const { stdout } = await stage.review(['-f', file, '--facts', stage.facts], { columns });
    // A word that is longer than the line stays whole, so that it can be copied.
    const tooLong = stripVTControlCharacters(stdout)
      .split('\n')
      .filter((line) => line.length > widest && line.slice(11).trim().includes(' '));
    expect(tooLong).toEqual([]);
  });

  test.for<
    readonly [
      where: string,
      columns: number | undefined,
      env: Readonly<Record<string, string>>,
      isWhole: boolean,
    ]
  >([
    ['a terminal of 80 columns', 80, {}, false],
    ['a terminal of 200 columns', 200, {}, true],
    ['a pipe', undefined, {}, true],
    ['a pipe with COLUMNS', undefined, { COLUMNS: '80' }, false],
    ['a terminal that reports no width, with COLUMNS', 0, { COLUMNS: '200' }, true],
    ['a terminal that reports no width', 0, {}, false],
  ])('values on %s', async ([, columns, env, isWhole]) => {
    const file = await stage.write('long.yaml', podOf('long', `bk-wasi-wasm@sha256:${'0'.repeat(64)}`));
    const options = { env, ...(columns === undefined ? {} : { columns }) };
    const { stdout } = await stage.review(['-f', file, '--facts', stage.facts], options);
    const lines = stripVTControlCharacters(stdout).split('\n');
    expect(lines.some((line) => /images +app: .*@sha256:0{64}, unknown \(not-found\)$/.test(line))).toBe(
      isWhole,
    );
    // The note is prose.
    expect(
      Math.max(...lines.filter((line) => line.includes('note')).map(({ length }) => length)),
    ).toBeLessThan(121);
  });
});
