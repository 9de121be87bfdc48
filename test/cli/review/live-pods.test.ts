import { describe, expect, test } from 'vitest';
import { useReviewStage } from '../../support/cli/review-stage.ts';
import { FAILING, livePod, liveWorkload, READY, type LivePodParts } from '../../support/pod/live-pods.ts';

const stage = useReviewStage();

const WASM = 'REGISTRY/corpus/bk-linux-wasm-entrypoint-label';
const SPIN = 'REGISTRY/corpus/spin-v2-app';
const LINUX = 'REGISTRY/corpus/linux-plain';

const REPLICA_SET = { owner: 'apps/v1 ReplicaSet x-5d8f', labels: { 'pod-template-hash': '5d8f' } };

async function write(...objects: readonly object[]): Promise<string> {
  return stage.write('live.json', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
}

async function report(objects: readonly object[], ...flags: readonly string[]) {
  const file = await write(...objects);
  return stage.report(['-f', file, '--facts', stage.facts, ...flags]);
}

/** Returns the only item. */
async function itemOf(image: string, parts: LivePodParts = {}, ...flags: readonly string[]) {
  const { items } = await report([livePod('p', image, parts)], ...flags);
  expect(items).toHaveLength(1);
  return items[0];
}

describe('200 Pods that were admitted without their class', () => {
  const pods = Array.from({ length: 200 }, (_, index) => livePod(`x-5d8f-${index}`, WASM, REPLICA_SET));

  test('are one error of their Deployment', async () => {
    const file = await write(...pods);
    const { stdout, exitCode } = await stage.review(['-f', file, '--facts', stage.facts]);
    expect(exitCode).toBe(1);
    expect(stdout.split('\n').length).toBeLessThan(20);
    expect(stdout).toMatch(/^failing {5}Deployment shop\/x /);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      '200 Pods run without the class they need, such as "x-5d8f-0", "x-5d8f-1" and "x-5d8f-2"',
    );
    // Nothing says whether the cluster has wasmgate.
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      "Fix: Unless wasmgate is installed, set runtimeClassName: wasmtime in the Pod's manifest or template. Recreate them: kubectl rollout restart deployment/x -n shop",
    );
    expect(stdout).toMatch(/1 reviewed: 1 failing\.\n$/);
  });

  test('are one item in JSON, with their number', async () => {
    const { items, summary } = await report(pods);
    expect(items).toMatchObject([
      {
        source: { kind: 'Deployment', namespace: 'shop', name: 'x' },
        outcome: 'refused',
        refuses: null,
        runtimeClass: null,
        changes: [],
        patch: [],
        pods: { running: 200, failing: 200 },
        findings: [
          {
            id: 'wasm-image-without-runtime-class',
            severity: 'error',
            container: 'app',
            concerns: 'running-pods',
            pods: 200,
          },
        ],
      },
    ]);
    expect(summary).toMatchObject({ reviewed: 1, refused: 1, changed: 0 });
  });

  test('have nothing to patch', async () => {
    const file = await write(...pods.slice(0, 2));
    const args = ['-f', file, '--facts', stage.facts, '-o'];
    expect((await stage.review([...args, 'patch'])).stdout).toBe('[]\n');
    expect((await stage.review([...args, 'diff'])).stdout).toBe('');
    const { stdout } = await stage.review([...args, 'yaml']);
    expect(stdout.match(/^kind: Pod$/gm)).toHaveLength(2);
    expect(stdout).not.toContain('runtimeClassName');
  });

  test('written by hand, without uid and status, are judged as new Pods', async () => {
    const written = JSON.stringify(livePod('p', WASM)).replace(',"uid":"uid-of-p"', '');
    const { items } = await report([JSON.parse(written) as object]);
    expect(items).toMatchObject([{ source: { kind: 'Pod' }, outcome: 'changed' }]);
  });
});

describe('the command that recreates Pods of', () => {
  test.for<[string, LivePodParts, string]>([
    ['a StatefulSet', { owner: 'apps/v1 StatefulSet db' }, 'kubectl rollout restart statefulset/db -n shop'],
    ['a DaemonSet', { owner: 'apps/v1 DaemonSet agent' }, 'kubectl rollout restart daemonset/agent -n shop'],
    ['a Job', { owner: 'batch/v1 Job once' }, 'kubectl delete job once -n shop'],
    ['no owner', {}, 'kubectl delete pod p -n shop'],
    ['an unknown kind', { owner: 'example.test/v1 Fleet f' }, 'kubectl delete pod p -n shop'],
    [
      'an Argo Rollout, if its ReplicaSet is not known',
      { owner: 'apps/v1 ReplicaSet web-77' },
      'kubectl delete pod p -n shop',
    ],
  ])('%s', async ([, parts, command]) => {
    const item = await itemOf(WASM, parts);
    expect(item?.findings[0]?.advice.endsWith(command)).toBe(true);
  });

  test('an Argo Rollout', async () => {
    const replicaSet = liveWorkload('apps/v1 ReplicaSet web-77', WASM, 'argoproj.io/v1alpha1 Rollout web');
    const pods = ['a', 'b'].map((name) => livePod(name, WASM, { owner: 'apps/v1 ReplicaSet web-77' }));
    const { items } = await report([...pods, replicaSet]);
    const row = items.find(({ source }) => source.kind === 'Rollout');
    expect(row?.findings[0]?.advice).toMatch(/ Recreate them: kubectl argo rollouts restart web -n shop$/);
    expect(row?.pods).toMatchObject({ running: 2, failing: 2 });
  });

  test.each([
    [3, 'Delete its Pods; the Fleet creates new ones. Run: kubectl delete pod f-0 f-1 f-2 -n shop'],
    [
      4,
      'Delete the 4 Pods one after the other; the Fleet creates new ones. Begin with: kubectl delete pod f-0 -n shop',
    ],
  ])('an unknown kind with %d Pods', async (count, words) => {
    const owner = 'example.test/v1 Fleet f';
    const pods = Array.from({ length: count }, (_, index) => livePod(`f-${index}`, WASM, { owner }));
    const { items } = await report(pods);
    expect(items[0]?.findings[0]?.advice.endsWith(words)).toBe(true);
  });

  test('a Job of a CronJob', async () => {
    const job = liveWorkload('batch/v1 Job n-1', WASM, 'batch/v1 CronJob n');
    const { items } = await report([job, livePod('p', WASM, { owner: 'batch/v1 Job n-1' })]);
    expect(items.find(({ source }) => source.kind === 'CronJob')?.findings[0]?.advice).toMatch(
      / Delete the Job; the CronJob creates the next one. Run: kubectl delete job n-1 -n shop$/,
    );
  });
});

describe('a Pod that exists', () => {
  test('is admitted with all that it needs', async () => {
    const spec = { runtimeClassName: 'wasmtime' };
    expect(await itemOf(WASM, { spec })).toMatchObject({
      outcome: 'admitted',
      findings: [],
      pods: { running: 1, failing: 0 },
    });
    expect(await itemOf(LINUX)).toMatchObject({ outcome: 'admitted', findings: [] });
  });

  test('under a class that cannot run its image is an error', async () => {
    const item = await itemOf(SPIN, { ...REPLICA_SET, spec: { runtimeClassName: 'wasmtime' } });
    expect(item).toMatchObject({
      outcome: 'refused',
      findings: [
        {
          id: 'handler-cannot-run-image',
          message: expect.stringContaining('Pod "p" runs under a class that cannot run it: container "app"'),
          advice: 'Set runtimeClassName to "wasmtime-spin-v2".',
        },
      ],
    });
  });

  test('whose container evidently runs is only a warning', async () => {
    const item = await itemOf(WASM, { status: READY });
    expect(item).toMatchObject({
      outcome: 'admitted',
      pods: { running: 1, failing: 0 },
      findings: [
        {
          id: 'wasm-image-without-runtime-class',
          severity: 'warning',
          message: expect.stringContaining('is ready, although it runs without the class it needs'),
        },
      ],
    });
  });

  test('that restarts again and again is an error, even while it is ready', async () => {
    const [status] = READY.containerStatuses;
    const startedAt = new Date().toISOString();
    const restarting = { ...status, restartCount: 9, state: { running: { startedAt } } };
    expect(await itemOf(WASM, { status: { ...READY, containerStatuses: [restarting] } })).toMatchObject({
      outcome: 'refused',
    });
  });

  test('without the command of a Spin application is an error', async () => {
    const spec = { runtimeClassName: 'wasmtime-spin-v2' };
    expect(await itemOf(SPIN, { spec })).toMatchObject({
      outcome: 'refused',
      findings: [
        { id: 'command-required', message: expect.stringContaining('without the command it needs') },
      ],
    });
    expect(await itemOf(SPIN, { spec, container: { command: ['/'] } })).toMatchObject({
      outcome: 'admitted',
    });
  });

  test('without the annotation that crun reads is an error', async () => {
    const facts = await stage.write(
      'crun.yaml',
      '{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: slow}, handler: crun}',
    );
    const spec = { runtimeClassName: 'slow' };
    const item = await itemOf(WASM, { spec }, '--facts', facts);
    expect(item).toMatchObject({
      outcome: 'refused',
      findings: [{ id: 'handler-cannot-run-image' }, { id: 'handler-on-no-node' }],
    });
    expect(item?.findings[0]?.message).toContain('without the annotation it needs');
    const annotations = { 'module.wasm.image/variant': 'compat-smart' };
    expect(await itemOf(WASM, { spec, annotations }, '--facts', facts)).toMatchObject({
      pods: { failing: 0 },
    });
  });

  test('gets a class by what its template says, not by the node that it is on', async () => {
    const pool = await stage.write(
      'pool.yaml',
      '{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: a-pool}, handler: wasmtime, scheduling: {nodeSelector: {pool: a}}}\n---\n' +
        '{apiVersion: v1, kind: Node, metadata: {name: node-2, labels: {pool: a}}, status: {runtimeHandlers: [{name: wasmtime}]}}',
    );
    // It is on node-1, to which the better class would never bring it.
    const item = await itemOf(WASM, {}, '--facts', pool);
    expect(item?.findings).toMatchObject([
      { message: expect.stringContaining('needs RuntimeClass "a-pool"') as string },
    ]);
  });

  test('with an unreadable image is undecided', async () => {
    const file = await write(livePod('p', 'REGISTRY/corpus/no-such-image'));
    const { exitCode, stdout } = await stage.review(['-f', file, '--facts', stage.facts]);
    expect(exitCode).toBe(3);
    expect(stdout).toContain('undecided');
    expect(stdout).toContain('container "app":');
    expect(stdout).toContain('To resolve: ');
  });

  test.for<[string, LivePodParts]>([
    ['has succeeded', { status: { phase: 'Succeeded' } }],
    ['has failed', { status: { phase: 'Failed' } }],
    ['is being deleted', { deletionTimestamp: '2026-01-01T00:00:00Z' }],
  ])('that %s is skipped', async ([, parts]) => {
    expect(await itemOf(WASM, { owner: 'batch/v1 Job once', ...parts })).toMatchObject({
      source: { kind: 'Job' },
      outcome: 'skipped',
      findings: [],
    });
  });

  test('in mode audit is an error whose fix does not depend on wasmgate', async () => {
    const namespace = await stage.write(
      'shop.yaml',
      '{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {wasmgate.dev/mode: audit}}}',
    );
    const item = await itemOf(WASM, REPLICA_SET, '--facts', namespace);
    expect(item).toMatchObject({ outcome: 'refused', mode: 'audit' });
    expect(item?.findings[0]?.advice).toContain('Set runtimeClassName: wasmtime');
  });
});

test('a live Deployment is one item with its ReplicaSet and its Pods', async () => {
  const objects = [
    livePod('x-5d8f-1', WASM, REPLICA_SET),
    liveWorkload('apps/v1 ReplicaSet x-5d8f', WASM, 'apps/v1 Deployment x'),
    liveWorkload('apps/v1 Deployment x', WASM),
    livePod('x-5d8f-2', WASM, { ...REPLICA_SET, status: FAILING }),
  ];
  const { items, passedOver } = await report(objects);
  expect(items).toMatchObject([
    { source: { kind: 'Deployment' }, outcome: 'refused', pods: { running: 2, failing: 2 } },
  ]);
  expect(items[0]?.changes.map(({ field }) => field)).toContain('spec.template.spec.runtimeClassName');
  expect(items[0]?.findings.map(({ concerns }) => concerns)).toEqual(['running-pods']);
  expect(passedOver).toMatchObject([{ kind: 'ReplicaSet', name: 'x-5d8f' }]);
});
