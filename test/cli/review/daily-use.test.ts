import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { outputsBeside, podOf, useReviewStage } from '../../support/cli/review-stage.ts';
import { run } from '../../support/lib/processes.ts';

// Problems from daily use of `review`.

const PROGRAM = join(import.meta.dirname, '..', '..', '..', 'src', 'main.ts');

const stage = useReviewStage();

/** Nothing listens on the discard port. */
function awayPod(name: string): string {
  return `{apiVersion: v1, kind: Pod, metadata: {name: ${name}}, spec: {containers: [{name: app, image: "127.0.0.1:9/x/${name}:1"}]}}`;
}

/** Skipped, so that no registry is contacted. */
const WINDOWS =
  '{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {os: {name: windows}, containers: []}}';
const SERVICE = '{apiVersion: v1, kind: Service, metadata: {name: web}}';

describe('documents that are passed over', () => {
  const text = `${WINDOWS}\n---\n${SERVICE}\n---\nimage: nginx\n---\n{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: ConfigMap}]}\n`;

  test('are listed in JSON', async () => {
    const file = await stage.write('app.yaml', text);
    const { passedOver, summary } = await stage.report(['-f', file]);
    expect(passedOver).toEqual([
      { file, document: 2, kind: 'Service', name: 'web' },
      { file, document: 4, kind: 'ConfigMap', name: '' },
      { file, document: 3, kind: '', name: '' },
    ]);
    expect(summary.passedOver).toBe(3);
  });

  test('are counted in the table, which says how to list them', async () => {
    const file = await stage.write('app.yaml', text);
    const { stdout } = await stage.review(['-f', file]);
    expect(stdout).toMatch(/ 3 documents passed over\s\(-v lists them\)\.\n$/);
  });

  test.each(outputsBeside('json'))('are listed beside -o %s with -v', async (output) => {
    const file = await stage.write('app.yaml', text);
    const { stderr } = await stage.review(['-f', file, '-v', '-o', output]);
    expect(stderr.split('\n').filter((line) => line.startsWith('Passed over'))).toEqual([
      `Passed over: ${file}, document 2: Service web`,
      `Passed over: ${file}, document 4: ConfigMap`,
      `Passed over: ${file}, document 3: no Kubernetes object`,
    ]);
    expect((await stage.review(['-f', file, '-o', output])).stderr).not.toContain('Passed over');
  });
});

describe('a folder', () => {
  test('of 200 files with an unreachable registry: ten are listed, the others counted, and the advice is given once', async () => {
    const folder = join(stage.folder, 'many');
    await Promise.all(
      Array.from({ length: 200 }, (_, index) => stage.write(`many/${index}.yaml`, awayPod(`p${index}`))),
    );
    await symlink('.', join(folder, 'loop'));
    await symlink('../many', join(folder, 'again'));
    const json = await stage.review(['-f', folder, '--facts', stage.facts, '-o', 'json']);
    expect(json.exitCode).toBe(3);
    expect(JSON.parse(json.stdout)).toMatchObject({ summary: { reviewed: 200, undecided: 200 } });
    const lines = json.stderr.trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith('Undecided: '))).toHaveLength(11);
    expect(lines).toContain('Undecided: and 190 more');
    const table = await stage.review(['-f', folder, '--facts', stage.facts]);
    expect(table.stdout.match(/^To resolve: /gm)).toHaveLength(1);
    expect(table.stdout).toMatch(/200 reviewed: 200 undecided\.\n$/);
    expect(table.stderr).toBe('');
  });

  test('without manifests: the error says which files are read', async () => {
    await stage.write('none/notes.txt', 'hello');
    const { exitCode, stderr } = await stage.review(['-f', join(stage.folder, 'none')]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('there are no *.yaml, *.yml or *.json files');
  });

  test('with a kustomization: one note that its changes are not reviewed', async () => {
    await stage.write(
      'overlay/kustomization.yaml',
      'resources: [pod.yaml]\nimages: [{name: a, newTag: "2"}]\n',
    );
    await stage.write('overlay/base/kustomization.yaml', 'resources: [pod.yaml]\n');
    await stage.write('overlay/base/pod.yaml', WINDOWS);
    const { exitCode, stderr } = await stage.review(['-f', join(stage.folder, 'overlay')]);
    expect(exitCode).toBe(0);
    expect(stderr.match(/kubectl kustomize FOLDER \| wasmgate review -f -/g)).toHaveLength(1);
  });

  test('of a chart: advice to render it', async () => {
    await stage.write('chart/Chart.yaml', 'apiVersion: v2\nname: x\nversion: 1.0.0\n');
    await stage.write('chart/values.yaml', 'image: nginx\n');
    await stage.write(
      'chart/templates/pod.yaml',
      'kind: Pod\nspec:\n  {{- if .Values.on }}\n  a: b\n  {{- end }}\n',
    );
    const { exitCode, stderr } = await stage.review(['-f', join(stage.folder, 'chart')]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('helm template CHART | wasmgate review -f -');
  });
});

describe('files', () => {
  test('a kustomization alone causes its own advice', async () => {
    const file = await stage.write('alone/kustomization.yaml', 'resources: [a.yaml]\n');
    const { exitCode, stderr } = await stage.review(['-f', file]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('kubectl kustomize FOLDER')]);
  });

  test.each([
    ['nothing', ''],
    ['nothing but ends of documents and comments', '---\n---\n\n# hi\n---\n'],
  ])('with %s: the error says that there are no documents', async (_case, text) => {
    const file = await stage.write('empty.yaml', text);
    const { exitCode, stderr } = await stage.review(['-f', file]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`in ${file}: there are no documents\n`)]);
  });

  test.each([
    ['Windows line endings', (text: string) => text.replaceAll('\n', '\r\n')],
    ['a byte order mark', (text: string) => `\ufeff${text}`],
    ['a directive and an end', (text: string) => `%YAML 1.2\n---${text}\n...\n`],
  ])('with %s are read like others', async (_case, change) => {
    const text = podOf('a', 'bk-wasi-wasm');
    const file = await stage.write('odd.yaml', change(text.replaceAll('REGISTRY', stage.host)));
    expect((await stage.report(['-f', file, '--facts', stage.facts])).items).toMatchObject([
      { source: { name: 'a' }, outcome: 'changed' },
    ]);
  });

  test('JSON with a byte order mark', async () => {
    const file = await stage.write(
      'bom.json',
      `\ufeff${JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'j' }, spec: { os: { name: 'windows' }, containers: [] } })}`,
    );
    expect((await stage.report(['-f', file])).items).toMatchObject([{ outcome: 'skipped' }]);
  });

  test.each([
    ['in lines', (values: readonly object[]) => values.map((value) => JSON.stringify(value)).join('\n')],
    [
      'concatenated, as jq prints them',
      (values: readonly object[]) => values.map((value) => JSON.stringify(value, null, 2)).join('\n'),
    ],
    [
      'concatenated without a separator',
      (values: readonly object[]) => values.map((value) => JSON.stringify(value)).join(''),
    ],
  ])('JSON objects %s', async (_case, write) => {
    const objects = ['a', 'b}', 'c"{'].map((name) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, annotations: { note: '\\' } },
      spec: { os: { name: 'windows' }, containers: [] },
    }));
    const file = await stage.write('stream.json', write(objects));
    const { items } = await stage.report(['-f', file]);
    expect(items.map(({ source }) => [source.document, source.name])).toEqual([
      [1, 'a'],
      [2, 'b}'],
      [3, 'c"{'],
    ]);
  });

  test.each([
    ['that stops in the middle', '{"a": 1}\n{"b": '],
    ['with something between', '{"a": 1} and {"b": 2}'],
  ])('JSON %s is reported with its line', async (_case, text) => {
    const file = await stage.write('stream.json', text);
    const { exitCode, stderr } = await stage.review(['-f', file]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`${file}, document 1, line `)]);
  });

  test('a Pod skipped on purpose causes no warning', async () => {
    const file = await stage.write('a.yaml', WINDOWS);
    const { stderr } = await stage.review(['-f', file, '-o', 'yaml']);
    expect(stderr).toBe(`Skipped: ${file}, document 1, Pod default/a: it is a Windows Pod\n`);
  });

  test('of 5 MiB', async () => {
    const lines = Array.from({ length: 50_000 }, (_, index) => `  k${index}: "${'x'.repeat(95)}"`);
    const map = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: big}\ndata:\n${lines.join('\n')}`;
    const file = await stage.write('big.yaml', `${map}\n---\n${WINDOWS}\n`);
    expect((await readFile(file)).length).toBeGreaterThan(5 * 1024 * 1024);
    expect(await stage.report(['-f', file])).toMatchObject({ summary: { reviewed: 1, passedOver: 1 } });
  });

  test('nested lists, with invalid items', async () => {
    const list = `{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: List, items: [${WINDOWS}, null]}, 5, {}]}`;
    const file = await stage.write('lists.yaml', list);
    expect((await stage.report(['-f', file])).items).toMatchObject([{ source: { name: 'a' } }]);
  });

  test.each([
    [
      'an answer',
      '{apiVersion: admission.k8s.io/v1, kind: AdmissionReview, response: {uid: x}}',
      'it has no request',
    ],
    [
      'an old version',
      '{apiVersion: admission.k8s.io/v1beta1, kind: AdmissionReview}',
      'expected "admission.k8s.io/v1"',
    ],
  ])(
    '%s to an AdmissionReview is reported with its file, and the rest is reviewed',
    async (_case, text, words) => {
      const file = await stage.write('answer.yaml', `${text}\n---\n${WINDOWS}`);
      const { exitCode, stdout } = await stage.review(['-f', file], { columns: 200 });
      expect(exitCode).toBe(3);
      const shown = stripVTControlCharacters(stdout).replaceAll(/\s+/g, ' ');
      expect(shown).toContain(`undecided AdmissionReview (${file}, document 1) note Cannot read`);
      expect(shown).toContain(words);
      expect(shown).toContain('2 reviewed: 1 skipped, 1 undecided.');
    },
  );
});

describe('the command line', () => {
  test.each([
    [['--file', 'x'], 'Did you mean "--filename"?'],
    [['-f', 'x', '--ouput', 'json'], 'Did you mean "--output"?'],
    [['-f', 'x', '--kubeconfig', 'y'], 'flag --kubeconfig requires --live'],
    [['-f', ''], 'flag --filename needs a value'],
    [['-f', 'x', '--live=yes'], 'flag --live takes no value'],
  ])('%j', async (args, words) => {
    const { exitCode, stdout, stderr } = await stage.review(args);
    expect([exitCode, stdout, stderr]).toEqual([2, '', expect.stringContaining(words)]);
  });

  test.each(['table', 'json', 'diff'])('a closed pipe after -o %s is no error', async (output) => {
    const pods = Array.from({ length: 3000 }, () => WINDOWS).join('\n---\n');
    const file = await stage.write('long.yaml', pods);
    const command = `"$0" "$1" review -f "$2" -o ${output} 2>"$3" | head -1`;
    const errors = join(stage.folder, 'errors');
    const { code } = await run('sh', ['-c', command, process.execPath, PROGRAM, file, errors]);
    expect(code).toBe(0);
    expect(await readFile(errors, 'utf8')).not.toMatch(/EPIPE|at .*\.ts/);
  });

  test('a pipe gets no colors', async () => {
    const file = await stage.write('a.yaml', podOf('a', 'bk-wasi-wasm'));
    const { stdout } = await stage.review(['-f', file, '--facts', stage.facts, '-o', 'diff']);
    expect(stdout).toBe(stripVTControlCharacters(stdout));
    expect(stdout).toContain('+  runtimeClassName: wasmtime');
  });
});
