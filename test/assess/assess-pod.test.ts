import { describe, expect, test } from 'vitest';
import { createAssessPod } from '../../src/assess/assess-pod.ts';
import { type Assessment, type AssessmentRequest, createDeadline } from '../../src/assess/assessment.ts';
import type { ClusterPort } from '../../src/assess/ports.ts';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import type { Namespace } from '../../src/pod/cluster-objects.ts';
import type { PolicySettings } from '../../src/policy/settings.ts';
import { clusterPort } from '../support/assess/cluster-port.ts';
import { NO_ACCOUNT_SECRETS, NO_PULL_SECRETS } from '../support/assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { putFixtureImages } from '../support/image/fixture-images.ts';
import { cluster, limitRange, pod, runtimeClass, settings, type PodSketch } from '../support/pod/pods.ts';
import { createTestClient } from '../support/registry/registry-client.ts';
import { startRegistry } from '../support/registry/registry.ts';
import { useRegistry } from '../support/registry/use-registry.ts';

const { registry, client } = await useRegistry({ images: putFixtureImages });

interface Setup {
  readonly labels?: Readonly<Record<string, string>>;
  readonly policy?: Partial<PolicySettings>;
  readonly request?: Partial<AssessmentRequest>;
  readonly port?: Partial<ClusterPort>;
}

const WASM = 'bk-linux-wasm-entrypoint-label';

function image(name: string): string {
  return `${registry.host}/corpus/${name}:latest`;
}

async function assess(
  sketch: PodSketch,
  { labels = {}, policy = {}, request = {}, port = {} }: Setup = {},
): Promise<Assessment> {
  const { logger } = createRecordingLogger();
  const namespace: Namespace = { name: 'default', labels };
  const view = cluster([runtimeClass('wasmtime'), runtimeClass('runc')]);
  const namespaces = { namespace: () => namespace, fetchNamespace: () => Promise.resolve(namespace) };
  const catalog = createImageCatalog({ registry: client, pullSecrets: NO_PULL_SECRETS, logger });
  const run = createAssessPod(
    {
      catalog,
      cluster: clusterPort(view, { ...namespaces, ...port }),
      serviceAccounts: NO_ACCOUNT_SECRETS,
      logger,
    },
    { policy: settings(policy), ownNamespace: 'wasmgate-system' },
  );
  return run({
    subject: 'pod',
    pod: pod(sketch),
    namespace: 'default',
    step: 'validate',
    deadline: createDeadline(60_000),
    ...request,
  });
}

function wasmPod(parts: PodSketch = {}): PodSketch {
  return { containers: [{ image: image(WASM) }], ...parts };
}

describe('out of scope', () => {
  test.each<[string, PodSketch, Setup, string]>([
    ['kube-system', {}, { request: { namespace: 'kube-system' } }, 'namespace kube-system'],
    [
      'a namespace that the operator excludes',
      {},
      { request: { namespace: 'openshift-dns' }, policy: { systemNamespaces: ['a', 'openshift-*'] } },
      'namespace openshift-dns',
    ],
    [
      'wasmgate’s own namespace',
      {},
      { request: { namespace: 'wasmgate-system' } },
      'namespace wasmgate-system',
    ],
    ['a mirror Pod', { annotations: { 'kubernetes.io/config.mirror': 'x' } }, {}, 'mirror'],
    ['a Windows Pod', { spec: { os: { name: 'windows' } } }, {}, 'Windows'],
    ['a namespace in mode off', {}, { labels: { 'wasmgate.dev/mode': 'off' } }, 'mode off'],
    [
      'a Pod that may opt out',
      { annotations: { 'wasmgate.dev/skip': 'true' } },
      { policy: { allowSkipAnnotation: true } },
      'annotation',
    ],
  ])('%s', async (_case, sketch, setup, reason) => {
    const asked = registry.log.length;
    const assessment = await assess(wasmPod(sketch), setup);
    expect(assessment).toMatchObject({ kind: 'skipped', reason: expect.stringContaining(reason) as string });
    expect(registry.log).toHaveLength(asked);
  });

  test.each([
    ['not allowed', 'true', false, 'has no effect: the configuration does not allow it'],
    ['set to another value', 'yes', true, 'has no effect: its value must be "true"'],
  ])(
    'an opt-out that is %s has no effect, and a note says so',
    async (_case, value, allowSkipAnnotation, words) => {
      const annotations = { 'wasmgate.dev/skip': value };
      const assessment = await assess(wasmPod({ annotations }), { policy: { allowSkipAnnotation } });
      expect(assessment).toMatchObject({ kind: 'decided', notes: [expect.stringContaining(words)] });
    },
  );

  test('an annotation set to "false" needs no note', async () => {
    const assessment = await assess(wasmPod({ annotations: { 'wasmgate.dev/skip': 'false' } }));
    expect(assessment).toMatchObject({ kind: 'decided', notes: [] });
  });

  test('images on the skip list are not looked up', async () => {
    const asked = registry.log.length;
    const assessment = await assess(wasmPod(), {
      policy: { skipImages: [`${registry.host}/corpus/*`], onUnknownImage: 'deny' },
    });
    expect(assessment).toMatchObject({ kind: 'decided', decision: { findings: [], changes: [] } });
    expect(registry.log).toHaveLength(asked);
  });

  test('an image from the node’s own store is not looked up', async () => {
    const asked = registry.log.length;
    const assessment = await assess({ containers: [{ image: image(WASM), imagePullPolicy: 'Never' }] });
    expect(assessment).toMatchObject({
      containers: [{ verdict: { kind: 'unknown', reason: 'denied-by-config' } }],
    });
    expect(registry.log).toHaveLength(asked);
  });
});

describe('modes', () => {
  const mutate = { request: { step: 'mutate' } } as const;

  test('enforce changes a Pod that can run, and denies one that cannot', async () => {
    expect(await assess(wasmPod(), mutate)).toMatchObject({
      outcome: {
        mode: 'enforce',
        denials: [],
        changes: expect.arrayContaining([
          expect.objectContaining({ path: '/spec/runtimeClassName', value: 'wasmtime' }),
        ]) as unknown,
      },
    });
    const refused = await assess(wasmPod({ spec: { runtimeClassName: 'runc' } }), mutate);
    expect(refused).toMatchObject({
      outcome: { denials: [{ id: 'handler-cannot-run-image' }], changes: [] },
    });
  });

  test('warn changes the Pod and withholds the denial', async () => {
    const outcome = {
      mode: 'warn',
      denials: [],
      withheld: { denials: [{ id: 'handler-cannot-run-image' }] },
    };
    expect(
      await assess(wasmPod({ spec: { runtimeClassName: 'runc' } }), {
        labels: { 'wasmgate.dev/mode': 'warn' },
      }),
    ).toMatchObject({ outcome });
  });

  test('audit withholds everything, and does not expect an injected class', async () => {
    const labels = { 'wasmgate.dev/mode': 'audit' };
    const assessment = await assess(wasmPod(), { labels });
    expect(assessment).toMatchObject({
      outcome: { mode: 'audit', denials: [], changes: [], withheld: { denials: [] } },
    });
    expect(assessment.kind === 'decided' && assessment.outcome.withheld.changes.length).toBeGreaterThan(0);
    expect(await assess(wasmPod(), { labels, ...mutate })).toMatchObject({ kind: 'skipped' });
  });

  test('an excepted finding does not deny: the Pod is changed and judged in every other respect', async () => {
    const policy = {
      exceptions: [{ namespaces: ['def*'], findings: ['handler-cannot-run-image' as const] }],
    };
    const sketch = wasmPod({ spec: { runtimeClassName: 'runc' } });
    expect(await assess(sketch, { policy })).toMatchObject({
      decision: { findings: [{ id: 'handler-cannot-run-image', action: 'excepted' }] },
      outcome: { denials: [], warnings: [] },
    });
    const elsewhere = { request: { namespace: 'team-a' }, policy };
    expect(await assess(sketch, elsewhere)).toMatchObject({
      outcome: { denials: [{ id: 'handler-cannot-run-image' }] },
    });
  });

  test('the label overrides the configuration; a note reports an invalid one', async () => {
    expect(
      await assess(wasmPod(), { policy: { mode: 'off' }, labels: { 'wasmgate.dev/mode': 'audit' } }),
    ).toMatchObject({ outcome: { mode: 'audit' } });
    const odd = await assess(wasmPod(), {
      labels: { 'wasmgate.dev/mode': 'Enforce!' },
      policy: { mode: 'warn' },
    });
    expect(odd).toMatchObject({
      outcome: { mode: 'warn' },
      notes: [expect.stringContaining('one of enforce, warn, audit, off')],
    });
  });

  test('a namespace that the watch has not delivered yet is fetched, and its label counts', async () => {
    const port = {
      namespace: () => undefined,
      fetchNamespace: () => Promise.resolve({ name: 'default', labels: { 'wasmgate.dev/mode': 'off' } }),
    };
    expect(await assess(wasmPod(), { port })).toMatchObject({ kind: 'skipped', reason: 'mode off' });
  });

  test('a namespace that cannot be read falls back to the configured mode', async () => {
    const port = {
      namespace: () => undefined,
      fetchNamespace: () => Promise.reject(new Error('API server away')),
    };
    expect(await assess(wasmPod(), { port })).toMatchObject({ outcome: { mode: 'enforce' } });
  });
});

test('a Wasm Pod without its class at validation is denied with the advice to apply again', async () => {
  expect(await assess(wasmPod())).toMatchObject({
    outcome: { denials: [{ id: 'wasm-image-without-runtime-class' }] },
  });
});

test('a template needs no injected class', async () => {
  expect(await assess(wasmPod(), { request: { subject: 'template' } })).toMatchObject({
    outcome: { denials: [] },
  });
});

describe('pull secrets of the ServiceAccount', () => {
  const users = { puller: 'pull-me' };

  async function assessPrivate(subject: 'pod' | 'template', sketch: PodSketch) {
    await using secured = await startRegistry({ images: putFixtureImages, auth: 'basic', users });
    await using loggedIn = createTestClient([secured]);
    const { logger } = createRecordingLogger();
    const asked: string[] = [];
    const view = cluster([runtimeClass('wasmtime')]);
    const secret = { kind: 'basic', username: 'puller', password: 'pull-me' } as const;
    const catalog = createImageCatalog({
      registry: loggedIn,
      pullSecrets: {
        read: (_namespace, names) =>
          Promise.resolve({
            credentials: names.map((name) => ({ server: secured.host, secret, source: name })),
            shortfalls: [],
          }),
        forget: () => undefined,
      },
      logger,
    });
    const run = createAssessPod(
      {
        catalog,
        cluster: clusterPort(view),
        serviceAccounts: {
          pullSecrets: (where, name) => {
            asked.push(`${where}/${name}`);
            return Promise.resolve(['of-account']);
          },
        },
        logger,
      },
      { policy: settings(), ownNamespace: 'wasmgate-system' },
    );
    const assessment = await run({
      subject,
      pod: pod({ containers: [{ image: `${secured.host}/corpus/${WASM}:latest` }], ...sketch }),
      namespace: 'team-a',
      step: 'validate',
      deadline: createDeadline(60_000),
    });
    const [container] = assessment.kind === 'decided' ? assessment.containers : [];
    return { verdict: container?.verdict.kind, asked };
  }

  test.each<[string, 'pod' | 'template', PodSketch, string, readonly string[]]>([
    ['a template uses those of the default account', 'template', {}, 'wasm', ['team-a/default']],
    [
      'a template uses those of the account that it names',
      'template',
      { spec: { serviceAccountName: 'builder' } },
      'wasm',
      ['team-a/builder'],
    ],
    [
      'a template with its own does not need them',
      'template',
      { spec: { imagePullSecrets: [{ name: 'own' }] } },
      'wasm',
      [],
    ],
    ['a Pod has them already', 'pod', {}, 'unknown', []],
  ])('%s', async (_case, subject, sketch, verdict, asked) => {
    expect(await assessPrivate(subject, sketch)).toEqual({ verdict, asked });
  });
});

test('only the LimitRanges of the namespace bound the resources', async () => {
  const ranges = [
    limitRange('here', { min: { memory: '100Mi' } }),
    { ...limitRange('there', { min: { memory: '2Gi' } }), namespace: 'other' },
  ];
  const view = cluster([runtimeClass('wasmtime')], [], ranges);
  const assessment = await assess(wasmPod(), { port: { view: () => view } });
  const changes = assessment.kind === 'decided' ? assessment.decision.changes : [];
  const limit = changes.find(({ path }) => path === '/spec/containers/0/resources/limits/memory');
  expect(limit?.value).toBe('100Mi');
});

test('the namespace’s label sets the tier, even if the namespace is younger than the watch', async () => {
  const labels = { 'wasmgate.dev/resource-tier': 'ai' };
  for (const port of [{}, { namespace: () => undefined }]) {
    const assessment = await assess(wasmPod(), { labels, port });
    const changes = assessment.kind === 'decided' ? assessment.decision.changes : [];
    const limit = changes.find(({ path }) => path === '/spec/containers/0/resources/limits/memory');
    expect(limit?.value).toBe('512Mi');
  }
});
