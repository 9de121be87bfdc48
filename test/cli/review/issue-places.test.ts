import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { podOf } from '../../support/cli/review-stage.ts';
import { placesOf, useRepositoryStage, WORKLOAD } from '../../support/cli/sarif.ts';

const repository = useRepositoryStage();
const { stage, write, sarif } = repository;

const DENIED = podOf('denied', 'spin-v2-app', '  runtimeClassName: wasmtime');

describe('places', () => {
  test('are the lines of the fields that findings are about', async () => {
    await write('deploy/web.yaml', WORKLOAD);
    expect(placesOf(await sarif(['deploy/web.yaml']))).toEqual([
      'handler-cannot-run-image deploy/web.yaml:15',
      'tty-unsupported deploy/web.yaml:23',
      'user-namespace-unsupported deploy/web.yaml:12',
      'memory-below-floor deploy/web.yaml:18',
    ]);
  });

  test.for([
    ['a second document', (text: string) => `# a\n---\n{}\n---\n${text}`, 4],
    ['a list', (text: string) => `apiVersion: v1\nkind: List\nitems:\n-\n${text.replaceAll(/^/gm, '  ')}`, 4],
    ['CRLF', (text: string) => text.replaceAll('\n', '\r\n'), 0],
  ] as const)('are found in %s', async ([, wrap, offset]) => {
    await write('web.yaml', wrap(WORKLOAD));
    const lines = placesOf(await sarif(['web.yaml'])).map((place) => Number(place.split(':').at(-1)));
    expect(lines).toEqual([15, 23, 12, 18].map((line) => line + offset));
  });

  test('are found in JSON, in a list after another value', async () => {
    const spec = {
      containers: [{ name: 'app', image: `${stage.host}/corpus/spin-v2-app` }],
      runtimeClassName: 'gone',
    };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec };
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [{}, pod] }, null, 1);
    await write('list.json', `{}\n\n${list}\n`);
    const line = list.split('\n').findIndex((text) => text.includes('runtimeClassName')) + 3;
    expect(placesOf(await sarif(['list.json']))).toEqual([`runtime-class-missing list.json:${line}`]);
  });

  test('are found in an AdmissionReview', async () => {
    const spec = {
      containers: [{ name: 'app', image: `${stage.host}/corpus/linux-plain` }],
      runtimeClassName: 'gone',
    };
    const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec };
    const request = {
      uid: 'u',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      operation: 'CREATE',
      namespace: 'default',
      object,
    };
    const text = JSON.stringify(
      { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request },
      null,
      1,
    );
    await write('review.json', text);
    const line = text.split('\n').findIndex((one) => one.includes('runtimeClassName')) + 1;
    expect(placesOf(await sarif(['review.json']))).toEqual([`runtime-class-missing review.json:${line}`]);
  });

  test('fall back to the object for a field that it does not have, and follow anchors', async () => {
    const text = `x: &containers
- name: app
  image: REGISTRY/corpus/spin-v2-app
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers: *containers
  runtimeClassName: wasmtime
`;
    await write('anchor.yaml', `${text}---\n${podOf('b', 'bk-wasi-wasm', '  nodeSelector: {a: b}')}`);
    const places = placesOf(await sarif(['anchor.yaml']));
    expect(places).toContain('handler-cannot-run-image anchor.yaml:3');
    expect(places).toContain('handler-on-no-node anchor.yaml:12');
  });

  test('are relative to the repository that holds the current folder', async () => {
    await write('deploy/denied.yaml', DENIED);
    const run = await sarif(['deploy/denied.yaml'], { folder: 'deploy' });
    expect(placesOf(run)).toEqual(['handler-cannot-run-image deploy/denied.yaml:7']);
    expect(run.originalUriBaseIds).toEqual({
      '%SRCROOT%': { uri: `${pathToFileURL(repository.root).href}/` },
    });
  });

  test('elsewhere are absolute', async () => {
    const file = await stage.write('elsewhere/a b.yaml', DENIED);
    const run = await sarif(['../elsewhere/a b.yaml']);
    expect(run.results[0]?.locations[0]?.physicalLocation.artifactLocation).toEqual({
      uri: pathToFileURL(file).href,
    });
  });
});

describe('a rendered object', () => {
  const KUSTOMIZATION = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n';

  /** Reviews what a tool rendered, from a file outside of the repository. */
  async function placeOf(rendered: string): Promise<string> {
    await stage.write('rendered.yaml', rendered);
    const [place = ''] = placesOf(await sarif(['../rendered.yaml']));
    return place.replace('handler-cannot-run-image ', '');
  }

  function fromHelm(path: string): string {
    return `---\n# Source: ${path}${DENIED}`;
  }

  function fromKustomize(origin: string): string {
    return DENIED.replace(
      '{name: denied}',
      `{name: denied, annotations: {config.kubernetes.io/origin: ${JSON.stringify(origin)}}}`,
    );
  }

  test('is in the chart of that name, whatever its folder', async () => {
    await write('charts/web-chart/Chart.yaml', 'apiVersion: v2\nname: web\nversion: 1.0.0\n');
    await write('charts/web-chart/templates/pod.yaml', 'a template');
    await write('charts/web-chart/charts/db/Chart.yaml', 'apiVersion: v2\nname: db\nversion: 1.0.0\n');
    await write('charts/web-chart/charts/db/templates/pod.yaml', 'a template');
    await write('charts/other/Chart.yaml', 'name: [');
    expect(await placeOf(fromHelm('web/templates/pod.yaml'))).toBe('charts/web-chart/templates/pod.yaml:1');
    expect(await placeOf(fromHelm('web/charts/db/templates/pod.yaml'))).toBe(
      'charts/web-chart/charts/db/templates/pod.yaml:1',
    );
  });

  test('has a fingerprint for GitHub, which cannot compute one from the template', async () => {
    await stage.write('rendered.yaml', `${fromHelm('web/templates/pod.yaml')}\n---${DENIED}`);
    const [rendered, read] = (await sarif(['../rendered.yaml'])).results;
    const { partialFingerprints: all } = rendered ?? {};
    expect(all?.['primaryLocationLineHash']).toBe(all?.['wasmgateObjectFinding/v1']);
    expect(read?.partialFingerprints).not.toHaveProperty('primaryLocationLineHash');
  });

  test('is in the folder from which kustomize names it', async () => {
    await write('base/kustomization.yaml', KUSTOMIZATION);
    await write('base/pod.yaml', 'a Pod');
    await write('overlays/a/kustomization.yml', KUSTOMIZATION);
    await write('overlays/b/kustomization.yaml', KUSTOMIZATION);
    await write('overlays/b/patch.yaml', 'a patch');
    expect(await placeOf(fromKustomize('path: ../../base/pod.yaml\n'))).toBe('base/pod.yaml:1');
    expect(await placeOf(fromKustomize('path: patch.yaml\n'))).toBe('overlays/b/patch.yaml:1');
  });

  test('from one of several files is in the file as the tool names it', async () => {
    for (const folder of ['one', 'two']) {
      await write(`several/${folder}/kustomization.yaml`, KUSTOMIZATION);
      await write(`several/${folder}/same.yaml`, 'a Pod');
    }
    const elsewhere = fromKustomize('path: same.yaml\n');
    await write('deploy/rendered.yaml', elsewhere);
    // A file of the repository is better than a guess.
    expect(placesOf(await sarif(['deploy/rendered.yaml']))).toEqual([
      'handler-cannot-run-image deploy/rendered.yaml:7',
    ]);
    expect(await placeOf(elsewhere)).toBe('same.yaml:1');
  });

  test.for([
    ['gone/templates/pod.yaml', 'gone/templates/pod.yaml:1'],
    ['web/../../../../etc/passwd', 'etc/passwd:1'],
    ['/etc/passwd', 'etc/passwd:1'],
    ['web/templates/a b%.yaml', 'web/templates/a%20b%25.yaml:1'],
  ] as const)(
    'from %s, which is not in the repository, is in the file as the tool names it',
    async ([path, place]) => {
      expect(await placeOf(fromHelm(path))).toBe(place);
    },
  );

  test.for([['..'], ['.'], ['/']])('from %s is in the file that was read', async ([path]) => {
    expect(await placeOf(fromHelm(path ?? ''))).toMatch(/rendered\.yaml:8$/);
  });

  test('is in a valid URI, whatever the annotation names', async () => {
    const origin = String.raw`path: "a/\ud800/../x\n\udfff.yaml"`;
    expect(await placeOf(fromKustomize(origin))).toBe('a/x%0A%EF%BF%BD.yaml:1');
  });

  test('from another repository is in the file that was read', async () => {
    const origin = 'path: base/pod.yaml\nrepo: https://git.example.com/web\nref: v1\n';
    expect(await placeOf(fromKustomize(origin))).toMatch(/rendered\.yaml:7$/);
  });
});
