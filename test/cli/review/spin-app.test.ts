import { expect, test } from 'vitest';
import { useReviewStage } from '../../support/cli/review-stage.ts';
import { livePod, liveWorkload } from '../../support/pod/live-pods.ts';

const stage = useReviewStage();

function app(spec = '', image = 'spin-v2-app'): string {
  return `
apiVersion: core.spinkube.dev/v1alpha1
kind: SpinApp
metadata: {name: orders}
spec:
  image: REGISTRY/corpus/${image}
  replicas: 1
${spec}`;
}

const NAMED = '  executor: containerd-shim-spin\n';

function executor(name: string, spec: string, namespace = 'default'): string {
  return `
apiVersion: core.spinkube.dev/v1alpha1
kind: SpinAppExecutor
metadata: {name: ${name}, namespace: ${namespace}}
spec: ${spec}`;
}

function withClass(name: string): string {
  return executor(
    'containerd-shim-spin',
    `{createDeployment: true, deploymentConfig: {runtimeClassName: ${name}, installDefaultCACerts: true}}`,
  );
}

async function review(documents: readonly string[], ...args: readonly string[]) {
  const file = await stage.write('app.yaml', documents.join('\n---'));
  const { stdout, stderr, exitCode } = await stage.review(['-f', file, '--facts', stage.facts, ...args]);
  return { stdout: stdout.replaceAll(/\s+/g, ' '), stderr, exitCode };
}

test('a SpinApp is reviewed by its Pods, with nothing to patch', async () => {
  const file = await stage.write('app.yaml', [app(NAMED), withClass('wasmtime-spin-v2')].join('\n---'));
  const args = ['-f', file, '--facts', stage.facts];
  const { items, passedOver } = await stage.report(args);
  expect(passedOver).toEqual([]);
  expect(items).toMatchObject([
    {
      source: { kind: 'SpinApp', name: 'orders' },
      outcome: 'changed',
      runtimeClass: { name: 'wasmtime-spin-v2', origin: 'pod' },
      patch: [],
      images: [{ container: 'orders', verdict: { flavour: 'spin-app' } }],
    },
  ]);
  expect(items[0]?.changes.map(({ field }) => field)).toContain('spec.containers[0].resources.limits.memory');
  expect((await stage.review([...args, '-o', 'diff'])).stdout).toBe('');
  const { stdout } = await stage.review(args);
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain('set in the SpinApp is spec.resources');
});

test('a class that cannot run it is an error of its executor', async () => {
  const { stdout, exitCode } = await review([app(NAMED), withClass('wasmtime')]);
  expect(exitCode).toBe(1);
  expect(stdout).toContain('error handler-cannot-run-image, container "orders"');
  expect(stdout).toContain('deploymentConfig.runtimeClassName of SpinAppExecutor "containerd-shim-spin"');
});

test('an executor among the facts counts', async () => {
  const facts = await stage.write('executor.yaml', withClass('wasmtime'));
  expect(await review([app(NAMED)], '--facts', facts)).toMatchObject({ exitCode: 1 });
});

test('without its executor, that of the documentation is assumed, and denies nothing', async () => {
  const fine = await review([app(NAMED)]);
  expect(fine.exitCode).toBe(0);
  expect(fine.stdout).toContain('assumes that SpinAppExecutor "containerd-shim-spin" names RuntimeClass');
  // A class cannot run this image, but its executor may name another.
  const file = await stage.write('app.yaml', app(NAMED));
  const classes = await stage.write(
    'other.yaml',
    '{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: other}, handler: spin}',
  );
  const { items } = await stage.report(['-f', file, '--facts', classes]);
  expect(items).toMatchObject([{ outcome: 'undecided', hangsOn: ['manifest'] }]);
});

test('without its executor, not even its image is certain to be pulled', async () => {
  const image = 'index-wasi-no-platform';
  expect(await review([app(NAMED, image)])).toMatchObject({ exitCode: 3 });
  expect(await review([app(NAMED, image), withClass('wasmtime-spin-v2')])).toMatchObject({ exitCode: 1 });
});

test('another executor that is not known is undecided', async () => {
  const { exitCode, stdout } = await review([app('  executor: fast\n')]);
  expect(exitCode).toBe(3);
  expect(stdout).toContain('SpinAppExecutor "fast" of namespace default is not among the objects');
});

test('an executor of another namespace does not count', async () => {
  const elsewhere = executor('fast', '{createDeployment: true}', 'other');
  expect(await review([app('  executor: fast\n'), elsewhere])).toMatchObject({ exitCode: 3 });
});

test('an app that names no executor has the first in the alphabet', async () => {
  const first = executor('a', '{createDeployment: false}');
  const { stdout, exitCode } = await review([app(), withClass('wasmtime'), first]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('SpinAppExecutor "a" makes no Deployment of it');
});

test('an executor with an image of Spin needs no class', async () => {
  const image = 'REGISTRY/corpus/linux-plain';
  const spintainer = executor('s', `{createDeployment: true, deploymentConfig: {spinImage: "${image}"}}`);
  const { stdout, exitCode } = await review([app('  executor: s\n'), spintainer]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('1 reviewed: 1 admitted.');
});

test('a field of the wrong type is undecided', async () => {
  const { exitCode, stdout } = await review([app(`${NAMED}  resources: {limits: []}\n`)]);
  expect(exitCode).toBe(3);
  expect(stdout).toContain('spec.containers[0].resources.limits');
});

test('a SpinApp of a cluster is one item with the Deployment that its operator made, and its Pods', async () => {
  const image = 'REGISTRY/corpus/spin-v2-app';
  const reference = 'core.spinkube.dev/v1alpha1 SpinApp orders';
  const spinApp = {
    apiVersion: 'core.spinkube.dev/v1alpha1',
    kind: 'SpinApp',
    metadata: { name: 'orders', namespace: 'shop', uid: 'u1' },
    // Its executor is not among the objects; the Deployment shows the class.
    spec: { image, executor: 'fast' },
    status: { readyReplicas: 0 },
  };
  const deployment = liveWorkload('apps/v1 Deployment orders', image, reference);
  const owner = { owner: 'apps/v1 ReplicaSet orders-5d8f', labels: { 'pod-template-hash': '5d8f' } };
  const items = [spinApp, deployment, livePod('orders-5d8f-1', image, owner)];
  const file = await stage.write('live.json', JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  const report = await stage.report(['-f', file, '--facts', stage.facts]);
  expect(report.items).toMatchObject([
    {
      source: { kind: 'SpinApp', name: 'orders' },
      outcome: 'refused',
      pods: { running: 1, failing: 1 },
      patch: [],
      findings: [
        {
          id: 'wasm-image-without-runtime-class',
          advice: expect.stringMatching(/ Recreate it: kubectl rollout restart deployment\/orders -n shop$/),
        },
      ],
    },
  ]);
});
