import { describe, expect, test } from 'vitest';
import { podOf, useReviewStage } from '../../support/cli/review-stage.ts';

const stage = useReviewStage();

function pod(name: string): string {
  return `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "${name}"}, "spec": {"containers": []}}`;
}

/** Returns `name:line` of each object. */
async function linesOf(text: string): Promise<readonly string[]> {
  const file = await stage.write('objects.yaml', text);
  const { items } = await stage.report(['-f', file, '--facts', stage.facts]);
  return items.map(({ source }) => `${source.name}:${source.line}`);
}

describe('the line of an object', () => {
  test('is its first one, after comments, in each document', async () => {
    const text = `# a comment\n\n${podOf('a', 'linux-plain').trim()}\n---\n\n# another\n${podOf('b', 'linux-plain')}---\n${pod('c')}\n`;
    expect(await linesOf(text)).toEqual(['a:3', 'b:13', 'c:20']);
  });

  test('does not depend on the ends of lines', async () => {
    const text = `${podOf('a', 'linux-plain').trim()}\n---\n${podOf('b', 'linux-plain').trim()}\n`;
    expect(await linesOf(text.replaceAll('\n', '\r\n'))).toEqual(await linesOf(text));
  });

  test('in a list of YAML is that of the item', async () => {
    const text = `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata: {name: a}
  spec: {containers: []}
- just a text
-
  # on the next line
  apiVersion: v1
  kind: Pod
  metadata: {name: b}
  spec: {containers: []}
- ${pod('c')}
`;
    expect(await linesOf(text)).toEqual(['a:4', 'b:11', 'c:15']);
  });

  test('in a list of JSON is that of the item', async () => {
    const list = { apiVersion: 'v1', kind: 'List', 'x\\"items': '[{\\', 'items ': [{}], a: { items: [{}] } };
    const head = JSON.stringify(list).slice(0, -1);
    const text = `\n${head}, "items":\n[\n${pod('a')},\n\n 1, "{", [{}],\n${pod('b')}]}`;
    expect(await linesOf(text)).toEqual(['a:4', 'b:7']);
  });

  test('in a row of JSON values is that of the value', async () => {
    const list = `{"apiVersion": "v1", "kind": "PodList", "items": [\n${pod('b')},\n${pod('c')}]}`;
    expect(await linesOf(`\n${pod('a')}\n\n${list} ${pod('d')}\n`)).toEqual(['a:2', 'b:5', 'c:6', 'd:6']);
  });

  test('in a list in a list is that of the inner list', async () => {
    const inner = `{"apiVersion": "v1", "kind": "List", "items": [\n${pod('a')}]}`;
    const text = `{"apiVersion": "v1", "kind": "List", "items": [\n\n${inner}]}`;
    expect(await linesOf(text)).toEqual(['a:3']);
  });

  test('in a list that is an alias is that of the list', async () => {
    const text = `kind: List\nx: &all\n- ${pod('a')}\napiVersion: v1\nitems: *all\n`;
    expect(await linesOf(text)).toEqual(['a:1']);
  });
});

describe('the origin of an object', () => {
  /** Returns the origins of the objects that standard input holds. */
  async function originsOf(text: string): Promise<readonly unknown[]> {
    const file = await stage.write('objects.yaml', text);
    const { items } = await stage.report(['-f', file, '--facts', stage.facts]);
    return items.map(({ source }) => source.origin);
  }
  const helm = (path: string) => ({ tool: 'helm', path, repo: null, ref: null });

  test('is the template that Helm names, for each document', async () => {
    const text = `---
# Source: web/templates/a.yaml
${pod('a')}
---
# Source: web/charts/db/templates/b.yaml
# Source: a comment of the template

# and another
apiVersion: v1
kind: List
items: [${pod('b')}, ${pod('c')}]
---
# A comment without a source
${pod('d')}
`;
    const db = helm('web/charts/db/templates/b.yaml');
    expect(await originsOf(text)).toEqual([helm('web/templates/a.yaml'), db, db, null]);
  });

  function annotated(origin: string): string {
    return pod('a').replace(
      '"name"',
      `"annotations": {"config.kubernetes.io/origin": ${JSON.stringify(origin)}}, "name"`,
    );
  }

  test.for([
    ['a local file', 'path: ../../base/pod.yaml\n', { path: '../../base/pod.yaml', repo: null, ref: null }],
    [
      'a file of a repository',
      'path: base/pod.yaml\nrepo: https://git.example.com/web\nref: v1.2.0\n',
      { path: 'base/pod.yaml', repo: 'https://git.example.com/web', ref: 'v1.2.0' },
    ],
    [
      'a generator',
      'configuredIn: kustomization.yaml\nconfiguredBy: {apiVersion: builtin, kind: HelmChartInflationGenerator}\n',
      { path: 'kustomization.yaml', repo: null, ref: null },
    ],
  ] as const)('is %s that kustomize names', async ([, text, origin]) => {
    expect(await originsOf(annotated(text))).toEqual([{ tool: 'kustomize', ...origin }]);
    // kustomize keeps no comments, but a user may build from Helm's output.
    expect(await originsOf(`# Source: web/templates/a.yaml\n${annotated(text)}`)).toMatchObject([origin]);
  });

  test.for([
    ['no YAML', 'path: ['],
    ['no object', 'text'],
    ['no path', '{repo: x}'],
    ['a path of another type', '{path: [x]}'],
  ])('is unknown if the annotation is %s', async ([, text]) => {
    expect(await originsOf(annotated(text ?? ''))).toEqual([null]);
  });

  test('is in the table', async () => {
    const file = await stage.write(
      'rendered.yaml',
      `# Source: web/templates/a.yaml\n${podOf('a', 'linux-plain')}`,
    );
    const { stdout } = await stage.review(['-f', file, '--facts', stage.facts]);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('document 1, from web/templates/a.yaml)');
  });
});
