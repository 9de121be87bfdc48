import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { ReportedItem } from '../../../src/audit/reported-item.ts';
import type { Report } from '../../../src/cli/review/report.ts';
import { FACTS, podOf, useReviewStage } from '../../support/cli/review-stage.ts';
import type { WasmgateRun } from '../../support/cli/run-wasmgate.ts';
import { kubeconfigText } from '../../support/kubernetes/kubectl.ts';
import { forbid, serveObjects, type ServedObject } from '../../support/kubernetes/objects-api.ts';
import { errorStatus, startScriptedApi, type Step } from '../../support/kubernetes/scripted-api.ts';

const stage = useReviewStage();

const OBJECTS = parseAllDocuments(FACTS).map((document) => document.toJS() as ServedObject);

/** A second class that runs what `wasmtime` runs: which of them is better depends on the nodes. */
const SECOND_CLASS = {
  kind: 'RuntimeClass',
  metadata: { name: 'wasmedge' },
  handler: 'wasmedge',
};

const SHOP = { kind: 'Namespace', metadata: { name: 'shop', labels: { 'wasmgate.dev/mode': 'audit' } } };

interface Case {
  readonly pod: string;
  /** Answers of paths that end like this. */
  readonly failing: Readonly<Record<string, Step>>;
  readonly objects?: readonly ServedObject[];
  readonly flags?: readonly string[];
}

interface Run {
  readonly item: ReportedItem;
  readonly report: Report;
  readonly exitCode: number;
  readonly stderr: string;
}

async function run({ pod, failing, objects = OBJECTS, flags = [] }: Case): Promise<WasmgateRun> {
  const fail = (path: string): Step | undefined =>
    Object.entries(failing).find(([end]) => path.endsWith(end))?.[1];
  await using api = await startScriptedApi([serveObjects(objects, fail)]);
  const server = api.connection.server.href;
  const kubeconfig = await stage.write(
    'kubeconfig',
    kubeconfigText({ server, certificateAuthority: '', token: 'x' }),
  );
  const file = await stage.write('pod.yaml', pod);
  return await stage.review(['-f', file, '--live', '--kubeconfig', kubeconfig, ...flags]);
}

async function review({ flags = [], ...given }: Case): Promise<Run> {
  const done = await run({ ...given, flags: ['-o', 'json', ...flags] });
  if (done.stdout === '') throw new Error(done.stderr);
  const report = JSON.parse(done.stdout) as Report;
  const [item] = report.items;
  if (item === undefined) throw new Error('nothing was reviewed');
  return { ...done, report, item };
}

const wasm = podOf('a', 'bk-wasi-wasm');
const spin = podOf('a', 'spin-v2-app');
const linux = podOf('a', 'linux-plain');

describe('without the right to list RuntimeClasses', () => {
  const failing = { '/runtimeclasses': forbid('runtimeclasses.node.k8s.io') };

  test('a Wasm Pod is undecided, exit code 3, and the missing right is named', async () => {
    const { item, report, exitCode, stderr } = await review({ pod: wasm, failing });
    expect(item).toMatchObject({
      outcome: 'undecided',
      refuses: null,
      hangsOn: ['runtime-classes'],
      findings: [],
    });
    expect(exitCode).toBe(3);
    expect(stderr).toContain('The right to list runtimeclasses.node.k8s.io is missing.');
    const rule = '{apiGroups: ["node.k8s.io"], resources: ["runtimeclasses"], verbs: ["list"]}';
    expect(stderr).toContain(rule);
    expect(report.unreadable).toMatchObject([
      { fact: 'runtime-classes', advice: expect.stringContaining(rule) as string },
    ]);
  });

  test('a Pod that names a class is undecided', async () => {
    const { item } = await review({ pod: podOf('a', 'linux-plain', '  runtimeClassName: some'), failing });
    expect(item).toMatchObject({ outcome: 'undecided', hangsOn: ['runtime-classes'] });
  });

  test('a Pod with a problem of its own is denied', async () => {
    const { item, exitCode } = await review({ pod: podOf('a', 'bk-wasi-wasm-provenance'), failing });
    expect([item.outcome, exitCode]).toEqual(['refused', 1]);
  });

  test('an ordinary Pod is admitted', async () => {
    const { item, exitCode } = await review({ pod: linux, failing });
    expect([item.outcome, item.hangsOn, exitCode]).toEqual(['admitted', [], 0]);
  });

  test('classes from a file decide', async () => {
    const facts = await stage.write('classes.yaml', FACTS);
    const { item } = await review({ pod: wasm, failing, flags: ['--facts', facts] });
    expect(item).toMatchObject({ outcome: 'changed', hangsOn: [] });
  });
});

describe('without the right to list nodes', () => {
  const failing = { '/nodes': forbid('nodes') };

  test('a Pod that one class runs gets it', async () => {
    const { item } = await review({ pod: wasm, failing });
    expect(item).toMatchObject({ outcome: 'changed', runtimeClass: { name: 'wasmtime' } });
  });

  test('a Pod that two classes run is undecided', async () => {
    const { item, stderr } = await review({ pod: wasm, failing, objects: [...OBJECTS, SECOND_CLASS] });
    expect(item).toMatchObject({ outcome: 'undecided', hangsOn: ['nodes'] });
    expect(stderr).toContain('The right to list nodes is missing.');
  });

  test('a Pod that names its class is decided', async () => {
    const pod = podOf('a', 'bk-wasi-wasm', '  runtimeClassName: wasmtime');
    const { item } = await review({ pod, failing, objects: [...OBJECTS, SECOND_CLASS] });
    expect(item).toMatchObject({ outcome: 'changed', hangsOn: [] });
  });

  test('a denial that no node could lift stays', async () => {
    const pod = podOf('a', 'spin-v2-app', '  runtimeClassName: wasmtime');
    const { item } = await review({ pod, failing, objects: [...OBJECTS, SECOND_CLASS] });
    expect(item).toMatchObject({ outcome: 'refused', hangsOn: [] });
  });

  test('a finding about nodes that the operator denies leaves the Pod undecided', async () => {
    const text =
      'apiVersion: wasmgate.dev/v1alpha1\nkind: Configuration\npolicy: {findings: {handler-on-no-node: deny}}\n';
    const config = await stage.write('config.yaml', text);
    const { item } = await review({ pod: spin, failing, flags: ['--config', config] });
    expect(item).toMatchObject({ outcome: 'undecided', hangsOn: ['nodes'] });
  });
});

describe('without the right to list namespaces', () => {
  const failing = { '/namespaces': forbid('namespaces') };

  test('the namespace itself is read', async () => {
    const { item, stderr } = await review({
      pod: wasm.replace('name: a', 'name: a, namespace: shop'),
      failing,
      objects: [...OBJECTS, SHOP],
    });
    expect(item).toMatchObject({ outcome: 'admitted', mode: 'audit', hangsOn: [] });
    expect(stderr).not.toContain('Cannot list namespaces');
  });

  describe('nor to read this one', () => {
    const nor = { ...failing, '/namespaces/default': forbid('namespaces "default"') };

    test('what would be changed is undecided', async () => {
      const { item, exitCode, stderr } = await review({ pod: wasm, failing: nor });
      expect(item).toMatchObject({ outcome: 'undecided', hangsOn: ['namespaces'] });
      expect(exitCode).toBe(3);
      expect(stderr).toContain('The right to get namespaces "default" in namespace "default" is missing.');
    });

    test('what would be denied is undecided, because the mode may be audit', async () => {
      const { item } = await review({ pod: podOf('a', 'bk-wasi-wasm-provenance'), failing: nor });
      expect(item).toMatchObject({ outcome: 'undecided', refuses: null, hangsOn: ['namespaces'] });
    });

    test('the table says why, and a pipeline gets a warning instead of an error', async () => {
      const given = { pod: podOf('a', 'bk-wasi-wasm-provenance'), failing: nor };
      const { stdout } = await run(given);
      expect(stdout).toContain('depends on the labels of its namespace, which could not be read');
      const github = await run({ ...given, flags: ['-o', 'github'] });
      expect(github.stdout).toContain('title=wasmgate/image-will-not-pull::');
      expect(github.stdout).not.toContain('::error');
    });

    test('an ordinary Pod is admitted', async () => {
      const { item } = await review({ pod: linux, failing: nor });
      expect(item).toMatchObject({ outcome: 'admitted', hangsOn: [] });
    });
  });
});

describe('without the right to list LimitRanges', () => {
  const failing = { '/limitranges': forbid('limitranges') };

  test('a Pod that gets resources is undecided', async () => {
    const { item, stderr } = await review({ pod: wasm, failing });
    expect(item).toMatchObject({ outcome: 'undecided', hangsOn: ['limit-ranges'] });
    expect(stderr).toContain('The right to list limitranges in namespace "default" is missing.');
  });

  test('those of the namespace are enough', async () => {
    const { item } = await review({
      pod: wasm,
      failing: { 'v1/limitranges': forbid('limitranges') },
    });
    expect(item).toMatchObject({ outcome: 'changed', hangsOn: [] });
  });

  test('an ordinary Pod is admitted', async () => {
    const { item } = await review({ pod: linux, failing });
    expect(item).toMatchObject({ outcome: 'admitted', hangsOn: [] });
  });
});

describe('without the right to read logins', () => {
  const away = podOf('a', 'none');

  test('an image that can be read without is judged', async () => {
    const failing = { '/serviceaccounts/default': forbid('serviceaccounts "default"') };
    const { item } = await review({ pod: wasm, failing });
    expect(item).toMatchObject({ outcome: 'changed', hangsOn: [] });
  });

  test.each([
    ['ServiceAccount', '/serviceaccounts/default', '', 'service-accounts', 'get serviceaccounts "default"'],
    [
      'pull secret',
      '/secrets/login',
      '  imagePullSecrets: [{name: login}]',
      'pull-secrets',
      'get secrets "login"',
    ],
  ])('an unknown image depends on the %s', async (_case, path, spec, fact, right) => {
    const { item, stderr } = await review({ pod: away + spec, failing: { [path]: forbid(path) } });
    expect(item).toMatchObject({ outcome: 'undecided', hangsOn: ['images', fact] });
    expect(stderr).toContain(`The right to ${right} in namespace "default" is missing.`);
  });
});

describe('other failures', () => {
  test.each([
    ['HTTP 429', errorStatus(429, 'TooManyRequests')],
    ['HTTP 500', errorStatus(500, 'InternalError')],
    ['an expired page', errorStatus(410, 'Expired')],
    ['a time-out', errorStatus(504, 'Timeout')],
    ['a broken connection', (_request, response) => void response.destroy()],
  ] satisfies readonly (readonly [string, Step])[])('%s in one list', async (_case, step) => {
    const { item } = await review({ pod: wasm, failing: { '/runtimeclasses': step } });
    expect(item).toMatchObject({ outcome: 'undecided', hangsOn: ['runtime-classes'] });
  });

  test('an expired page starts the list again', async () => {
    let pages = 0;
    const expireOnce: Step = (request, response) => {
      pages += 1;
      const step = pages === 1 ? errorStatus(410, 'Expired') : serveObjects(OBJECTS);
      step(request, response);
    };
    const { item } = await review({ pod: wasm, failing: { '/runtimeclasses': expireOnce } });
    expect(item).toMatchObject({ outcome: 'changed', hangsOn: [] });
  });

  test('an invalid login ends the review', async () => {
    const step = errorStatus(401, 'Unauthorized');
    const failing = { '': step };
    await expect(review({ pod: linux, failing })).rejects.toThrow('Cannot list');
  });
});
