import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseDocuments } from '../../../src/cli/review/parse-documents.ts';
import type { Report } from '../../../src/cli/review/report.ts';
import { outputsBeside, podOf, useReviewStage } from '../../support/cli/review-stage.ts';
import { run } from '../../support/lib/processes.ts';

const stage = useReviewStage();

describe('wrong usage, exit code 2', () => {
  test.each([
    ['nothing to review', [], 'name what to review: -f FILE'],
    ['a missing file', ['-f', '/nonexistent/a.yaml'], 'there is no such file or folder'],
    ['an output that is none', ['-f', 'x', '-o', 'jsn'], 'Did you mean "json"?'],
    ['an unknown flag name', ['-f', 'x', '--fact', 'y'], 'Did you mean "--facts"?'],
  ])('%s', async (_case, args, words) => {
    const { exitCode, stdout, stderr } = await stage.review(args);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
  });

  test.each([
    ['nothing', ''],
    ['comments', '# nothing here\n---\n# nor here\n'],
    ['Helm values', 'image: nginx\nreplicas: 3\n'],
    ['a kustomization', 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n'],
    ['a text', 'hello\n'],
    ['a list', '[1, 2]\n'],
  ])('the error for a file with only %s names the file', async (_case, text) => {
    const file = await stage.write('empty.yaml', text);
    const { exitCode, stdout, stderr } = await stage.review(['-f', file]);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`there is no Kubernetes object in ${file}`);
  });

  test('Helm values get advice', async () => {
    const file = await stage.write('values.yaml', 'image: nginx\nreplicas: 3\n');
    expect((await stage.review(['-f', file])).stderr).toBe(
      `wasmgate: Cannot run "wasmgate review": there is no Kubernetes object in ${file}: the only document is not one\n` +
        'To review a chart, render it: helm template CHART | wasmgate review -f -\n',
    );
  });

  test('facts without any fact', async () => {
    const pod = await stage.write('a.yaml', podOf('a', 'linux-plain'));
    const { exitCode, stderr } = await stage.review(['-f', pod, '--facts', pod]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('there is nothing about a cluster')]);
  });

  test('an invalid configuration', async () => {
    const pod = await stage.write('a.yaml', podOf('a', 'linux-plain'));
    const config = await stage.write('wrong.yaml', 'mood: good\n');
    expect(await stage.review(['-f', pod, '--config', config])).toMatchObject({ exitCode: 2, stdout: '' });
  });
});

describe('invalid YAML is reported with file, document and line', () => {
  test.each([
    ['a bad indent', 'a: 1\n---\na:\n  - 1\n - 2\n', 'document 2, line 5'],
    ['an open bracket', 'a: [1, 2\n', 'document 1, line 2'],
    ['an alias without its anchor', 'a: 1\n---\nb: *nobody\n', 'document 2, line 3'],
    ['JSON with a comma too many', '{"a": 1,,}', 'document 1, line 1'],
    ['a tab', 'a:\n\tb: 1\n', 'document 1, line 2'],
  ])('%s', async (_case, text, place) => {
    const file = await stage.write('broken.yaml', text);
    const { exitCode, stderr } = await stage.review(['-f', file]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`${file}, ${place}`);
  });

  test('all problems of all files are reported at once', async () => {
    const first = await stage.write('one.yaml', 'a: [\n');
    const second = await stage.write('two.yaml', 'a: 1\n---\nb: }\n---\nc: {\n');
    const { stderr } = await stage.review(['-f', first, '-f', second]);
    expect(stderr).toContain(`${first}, document 1`);
    expect(stderr).toContain(`${second}, document 2`);
    expect(stderr).toContain(`${second}, document 3`);
  });

  test('three problems per file are listed, shortened, and the others counted', async () => {
    const { stderr } = await stage.review(['-f', join(import.meta.dirname, '..', '..', '..', 'LICENSE')]);
    const [head, ...lines] = stderr.trimEnd().split('\n');
    expect(head).toBe('wasmgate: Cannot read manifests: invalid YAML');
    expect(lines).toHaveLength(4);
    expect(lines.at(-1)).toMatch(/^ {2}and \d+ more in this file$/);
    const messages = lines.slice(0, 3).map((line) => /column \d+: (.*)$/.exec(line)?.[1]?.length ?? Infinity);
    expect(Math.max(...messages)).toBeLessThanOrEqual(120);
  });

  test('a long quotation is shortened', async () => {
    const text = await readFile(join(import.meta.dirname, '..', '..', '..', 'LICENSE'), 'utf8');
    const messages = parseDocuments({ file: 'x', text }).problems.map(({ message }) => message);
    expect(messages.filter((message) => message.endsWith('…')).length).toBeGreaterThan(0);
    expect(Math.max(...messages.map(({ length }) => length))).toBe(120);
  });

  test('a chart’s template causes advice', async () => {
    const file = await stage.write('template.yaml', '{{- if .Values.on }}\nkind: Pod\n{{- end }}\n');
    expect((await stage.review(['-f', file])).stderr).toContain('helm template');
  });

  test('exponential aliases are reported at once', async () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 12; level += 1) {
      const items = Array.from({ length: 10 }, () => `*a${level - 1}`);
      lines.push(`a${level}: &a${level} [${items.join(', ')}]`);
    }
    const file = await stage.write('bomb.yaml', lines.join('\n'));
    expect(await stage.review(['-f', file])).toMatchObject({ exitCode: 2 });
  });
});

describe('files besides an invalid one are reviewed, with exit code 2', () => {
  const GOOD = podOf('good', 'bk-wasi-wasm');
  const BAD = 'a: 1\n---\nb: {\n---\n';

  async function folder(name: string): Promise<string> {
    await stage.write(join(name, 'a.yaml'), `${BAD}${podOf('beside', 'linux-plain')}`);
    await stage.write(join(name, 'b.yaml'), GOOD);
    await stage.write(join(name, 'c.yaml'), 'kind: ]\nb: ]\n');
    return join(stage.folder, name);
  }

  test('json: the first problem of each document, in fields', async () => {
    const path = await folder('mixed-json');
    const { exitCode, stdout, stderr } = await stage.review([
      '-f',
      path,
      '--facts',
      stage.facts,
      '-o',
      'json',
    ]);
    expect(exitCode).toBe(2);
    const { items, errors, summary } = JSON.parse(stdout) as Report;
    expect(items.map(({ source, outcome }) => [source.name, outcome])).toEqual([
      ['beside', 'admitted'],
      ['good', 'changed'],
    ]);
    expect(errors).toEqual([
      { file: join(path, 'a.yaml'), document: 2, line: 4, message: expect.any(String) },
      { file: join(path, 'c.yaml'), document: 1, line: 1, message: expect.any(String) },
    ]);
    expect(summary).toMatchObject({ reviewed: 2, errors: 2 });
    expect(stderr).toContain(`${join(path, 'a.yaml')}, document 2, line 4`);
  });

  test.each(outputsBeside('json', 'yaml'))('%s: the error is printed last', async (output) => {
    const path = await folder(`mixed-${output}`);
    const { exitCode, stdout, stderr } = await stage.review([
      '-f',
      path,
      '--facts',
      stage.facts,
      '-o',
      output,
    ]);
    expect(exitCode).toBe(2);
    expect(stdout).not.toBe('');
    expect(stderr).toContain(
      `wasmgate: Cannot read manifests: invalid YAML\n  ${join(path, 'a.yaml')}, document 2, line 4`,
    );
    expect(stderr).toContain(`${join(path, 'c.yaml')}, document 1, line 1`);
    if (output === 'table') expect(stdout).toMatch(/^2 reviewed: .* 2\s+documents could not be read\.$/m);
  });

  test('an unreadable file is reported like invalid YAML', async () => {
    const good = await stage.write('good.yaml', GOOD);
    const other = join(stage.folder, 'utf-16.yaml');
    await writeFile(other, Buffer.from(`\uFEFF${GOOD}`, 'utf16le'));
    const { exitCode, stdout, stderr } = await stage.review([
      '-f',
      other,
      '-f',
      good,
      '--facts',
      stage.facts,
      '-o',
      'json',
    ]);
    const { items, errors } = JSON.parse(stdout) as Report;
    const message = `Cannot read "${other}": it is not UTF-8 text`;
    expect([exitCode, items.length]).toEqual([2, 1]);
    expect(errors).toEqual([{ file: other, document: null, line: null, message }]);
    expect(stderr).toBe(`wasmgate: Cannot read manifests: these cannot be reviewed\n  ${message}\n`);
  });

  test('a denial does not change the exit code', async () => {
    const bad = await stage.write('no-yaml.yaml', 'a: [');
    const pod = await stage.write('spin.yaml', podOf('a', 'spin-v2-app', '  runtimeClassName: wasmtime'));
    const args = ['-f', bad, '-f', pod, '--facts', stage.facts];
    expect(await stage.review(args)).toMatchObject({
      exitCode: 2,
      stdout: expect.stringMatching(/^denied /),
    });
  });

  test.each([
    ['yaml: a part could be taken for the whole', ['-o', 'yaml'], GOOD],
    ['nothing else to review', ['-o', 'json'], 'a: 1'],
  ])('no output for %s', async (_case, args, text) => {
    const bad = await stage.write('no-yaml.yaml', 'a: [');
    const other = await stage.write('other.yaml', text);
    expect(await stage.review(['-f', bad, '-f', other, ...args])).toMatchObject({ exitCode: 2, stdout: '' });
  });

  test('invalid facts end the review, because every result depends on them', async () => {
    const bad = await stage.write('no-yaml.yaml', 'a: [');
    const good = await stage.write('good.yaml', GOOD);
    expect(await stage.review(['-f', good, '--facts', stage.facts, '--facts', bad])).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining(`${bad}, document 1`),
    });
  });
});

describe('invalid manifests are undecided', () => {
  test.each([
    ['containers of the wrong type', 'spec: {containers: nginx}'],
    ['no containers', 'spec: {}'],
    ['no spec', 'metadata: {labels: {a: b}}'],
    ['a container without a name', 'spec: {containers: [{image: a}]}'],
    ['an image that is a number', 'spec: {containers: [{name: a, image: 5}]}'],
    ['a null among the containers', 'spec: {containers: [null]}'],
    ['a template that was not rendered', 'spec: {containers: [{name: a, image: {{ .Values.image }}}]}'],
  ])('%s: one warning, exit code 3', async (_case, rest) => {
    const file = await stage.write('bad.yaml', `apiVersion: v1\nkind: Pod\nmetadata: {name: bad}\n${rest}\n`);
    const { exitCode, stdout, stderr } = await stage.review(['-f', file, '-o', 'json']);
    expect(exitCode).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ items: [{ outcome: 'undecided', mode: null }] });
    expect(stderr).toMatch(/^Warning: .*bad\.yaml, document 1, Pod default\/(?:bad)?: Cannot read Pod field/);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test('a template without a Pod in it', async () => {
    const file = await stage.write(
      'bad.yaml',
      'apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: 1}\n',
    );
    expect(await stage.report(['-f', file])).toMatchObject({ items: [{ outcome: 'undecided' }] });
  });

  test.each([
    ['apps/v1', 'Deploymnet', 'there is no kind "Deploymnet" in apps/v1. Did you mean "Deployment"?'],
    ['apps/v1', 'deployment', 'there is no kind "deployment" in apps/v1. Did you mean "Deployment"?'],
    ['v1', 'Pods', 'there is no kind "Pods" in v1. Did you mean "Pod"?'],
    [
      'v1',
      'Deployment',
      'there is no kind "Deployment" in v1. Did you mean "Deployment" with apiVersion apps/v1?',
    ],
    ['batch/v1', 'Pod', 'there is no kind "Pod" in batch/v1. Did you mean "Pod" with apiVersion v1?'],
  ])('of %s, the kind %s is reported with its file, exit code 3', async (apiVersion, kind, words) => {
    const file = await stage.write('typo.yaml', `{apiVersion: ${apiVersion}, kind: ${kind}}`);
    const { exitCode, stdout } = await stage.review(['-f', file]);
    expect(exitCode).toBe(3);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`${file}, document 1) note ${words}`);
  });

  test.each([
    ['v1', ['Node', 'Service', 'Secret', 'Event', 'Binding', 'ConfigMap', 'Endpoints', 'ResourceQuota']],
    ['v1', ['PersistentVolume', 'PersistentVolumeClaim', 'Namespace', 'LimitRange', 'ServiceAccount']],
    ['apps/v1', ['ControllerRevision']],
    ['argoproj.io/v1alpha1', ['AnalysisRun', 'Deploymnet']],
  ])('of %s, no other kind is taken for a typing error: %j', async (apiVersion, kinds) => {
    const objects = kinds.map((kind) => `{apiVersion: ${apiVersion}, kind: ${kind}, metadata: {name: a}}`);
    const file = await stage.write('right.yaml', objects.join('\n---\n'));
    expect(await stage.review(['-f', file])).toMatchObject({ exitCode: 0 });
  });

  test('the YAML parser writes nothing to standard error', async () => {
    const file = await stage.write('keys.yaml', `${podOf('a', 'linux-plain')}\n---\n{? {a: b} : c}\n`);
    const program = join(import.meta.dirname, '..', '..', '..', 'src', 'main.ts');
    const { stderr } = await run(process.execPath, [program, 'review', '-f', file, '--facts', stage.facts]);
    expect(stderr).toBe('');
  });

  test.each([
    ['impossible quantities', '  resources: {limits: {memory: much, cpu: "-1"}}'],
    ['a quantity that is a number', '  resources: {limits: {memory: 1e9}}'],
    ['null lists', '  initContainers: null\n  tolerations: null\n  imagePullSecrets: null\n  volumes: null'],
    ['null maps', '  nodeSelector: null\n  overhead: null'],
    ['an empty class', '  runtimeClassName: ""'],
    ['duplicate containers', '  initContainers: [{name: app, image: REGISTRY/corpus/bk-wasi-wasm}]'],
  ])('%s do not crash the review', async (_case, spec) => {
    const file = await stage.write('odd.yaml', podOf('odd', 'bk-wasi-wasm', spec));
    const { items } = await stage.report(['-f', file, '--facts', stage.facts]);
    expect(items.map(({ outcome }) => outcome)).toEqual(['changed']);
  });
});

describe('folders', () => {
  test('are read in name order, with links but without loops, and other files are skipped', async () => {
    const folder = join(stage.folder, 'tree');
    const put = (name: string, text: string) => stage.write(join('tree', name), text);
    await put('b.yaml', podOf('b', 'linux-plain'));
    await put('a/z.yml', podOf('z', 'linux-plain'));
    await put('a/values.yaml', 'image: nginx\n');
    await put('c.json', `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}`);
    await put('kustomization.yaml', 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n');
    await put('notes.txt', ': {{{ no YAML at all');
    await put('.hidden.yaml', ': {{{ no YAML at all');
    await mkdir(join(folder, 'crds'));
    await writeFile(
      join(folder, 'crds', 'crd.yaml'),
      'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x}\n',
    );
    await symlink(folder, join(folder, 'a', 'loop'));
    await symlink(join(folder, 'nowhere'), join(folder, 'dangling.yaml'));
    await symlink(join(folder, 'self.yaml'), join(folder, 'self.yaml'));
    const { items, summary } = await stage.report(['-f', folder]);
    expect(items.map(({ source }) => source.name)).toEqual(['z', 'b']);
    expect(summary).toMatchObject({ reviewed: 2, passedOver: 4 });
  });
});

test('standard input is read whole, and called - in the output', async () => {
  const program = join(import.meta.dirname, '..', '..', '..', 'src', 'main.ts');
  const review = (stdin: string) =>
    run(process.execPath, [program, 'review', '-f', '-', '-o', 'json'], { stdin });
  const [good, bad, empty] = await Promise.all([
    review(podOf('a', 'linux-plain', '  os: {name: windows}')),
    review('a: ['),
    review(''),
  ]);
  expect(JSON.parse(good.stdout)).toMatchObject({ items: [{ source: { file: '-', name: 'a' } }] });
  expect(bad).toMatchObject({ code: 2, stderr: expect.stringContaining('-, document 1, line 1') });
  expect(empty).toMatchObject({ code: 2, stderr: expect.stringContaining('no Kubernetes object in -') });
});
