import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createAssessPod } from '../../../src/assess/assess-pod.ts';
import {
  type AssessmentRequest,
  type AssessPod,
  createDeadline,
  type Deadline,
} from '../../../src/assess/assessment.ts';
import type { ObjectEvent } from '../../../src/assess/ports.ts';
import {
  createUnjudgedAdmissions,
  type UnjudgedOptions,
} from '../../../src/assess/unjudged/unjudged-admissions.ts';
import { EMPTY_KEYRING } from '../../../src/credentials/credential.ts';
import type { UnknownReason } from '../../../src/detect/verdict.ts';
import { createImageCatalog } from '../../../src/images/image-catalog.ts';
import type { PullSecretsPort } from '../../../src/images/ports.ts';
import { AppError } from '../../../src/lib/errors.ts';
import type { OwnerReference, Pod } from '../../../src/pod/pod.ts';
import type { PolicySettings } from '../../../src/policy/settings.ts';
import { clusterPort } from '../../support/assess/cluster-port.ts';
import { NO_ACCOUNT_SECRETS, NO_PULL_SECRETS } from '../../support/assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../../support/assess/recording-logger.ts';
import { putFixtureImages } from '../../support/image/fixture-images.ts';
import { cluster, pod, runtimeClass, settings, type PodSketch } from '../../support/pod/pods.ts';
import { createLocalClient } from '../../support/registry/registry-client.ts';
import { startRegistry } from '../../support/registry/registry.ts';

const WASM = 'bk-wasi-wasm';
const LINUX = 'linux-plain';
const PATIENCE = 60_000;
const AMPLE: Deadline = { signal: () => AbortSignal.timeout(PATIENCE) };
const QUICK = {
  tickMilliseconds: 5,
  retryMilliseconds: 5,
  longestRetryMilliseconds: 5,
  longestFixMilliseconds: 5,
} as const;
const LONG_AFTER = 60_000;

afterEach(() => void vi.useRealTimers());

interface Setup {
  readonly policy?: Partial<PolicySettings>;
  readonly options?: UnjudgedOptions;
  readonly pullSecrets?: PullSecretsPort;
  readonly around?: (assess: AssessPod) => AssessPod;
  /** What the registry does, instead of staying silent, until the test opens the gate. */
  readonly trouble?: RequestListener;
  readonly failureTtl?: number;
}

interface Admission {
  readonly owner?: OwnerReference;
  readonly labels?: Readonly<Record<string, string>>;
}

function ownedBy(kind: string, name: string, apiVersion = 'apps/v1'): OwnerReference {
  return { apiVersion, kind, name, uid: `uid-of-${name}`, controller: true };
}

/** A registry that does not respond until the test opens the gate, and a cluster that stores what `admit` admits. */
async function setUp({ policy = {}, options = {}, pullSecrets = NO_PULL_SECRETS, ...setup }: Setup = {}) {
  const { around = (assess) => assess, trouble, failureTtl = 5 } = setup;
  const gate = Promise.withResolvers<void>();
  let isOpen = false;
  const faults =
    (handler: RequestListener): RequestListener =>
    (request, response) => {
      if (trouble !== undefined && !isOpen) trouble(request, response);
      else void gate.promise.then(() => handler(request, response));
    };
  if (trouble !== undefined) gate.resolve();
  const registry = await startRegistry({ images: putFixtureImages, faults });
  const client = createLocalClient();
  const stopping = new AbortController();
  onTestFinished(async () => {
    stopping.abort();
    gate.resolve();
    await client.close();
    await registry.close();
  });
  const { logger, messages } = createRecordingLogger();
  const port = clusterPort(cluster([runtimeClass('wasmtime'), runtimeClass('runc')]));
  const counted: string[] = [];
  const remembered = createImageCatalog(
    { registry: client, pullSecrets, logger, onResult: (_answer, from) => void counted.push(from) },
    { failureTtl },
  );
  let polls = 0;
  const poll: typeof remembered.poll = (request) => {
    polls += 1;
    return remembered.poll(request);
  };
  const catalog = { ...remembered, poll };
  const judge = createAssessPod(
    { catalog, cluster: port, serviceAccounts: NO_ACCOUNT_SECRETS, logger },
    { policy: settings(policy), ownNamespace: 'wasmgate-system' },
  );
  const written: ObjectEvent[] = [];
  const events = {
    write: (event: ObjectEvent) => {
      written.push(event);
      return Promise.resolve('written' as const);
    },
  };
  const stored = new Map<string, Pod>();
  const reads: string[] = [];
  const pods = {
    read: (namespace: string, name: string) => {
      reads.push(`${namespace}/${name}`);
      return Promise.resolve(stored.get(`${namespace}/${name}`) ?? null);
    },
  };
  const dropped: string[] = [];
  const judging = around(judge);
  const admissions = createUnjudgedAdmissions(
    {
      assess: judging,
      catalog,
      cluster: port,
      pods,
      events,
      logger,
      onDropped: () => void dropped.push('an owner'),
    },
    { ...QUICK, ...options },
    stopping.signal,
  );
  const image = (name: string): string => `${registry.host}/corpus/${name}:latest`;
  const request = (
    uid: string,
    sketch: PodSketch = {},
    { owner, labels }: Admission = {},
  ): AssessmentRequest => {
    const { spec, metadata } = pod({ containers: [{ image: image(WASM) }], ...sketch });
    const owners = owner === undefined ? {} : { ownerReferences: [owner] };
    const named = {
      ...metadata,
      name: `pod-${uid}`,
      uid,
      ...owners,
      ...(labels === undefined ? {} : { labels }),
    };
    return {
      subject: 'pod',
      pod: { spec, metadata: named },
      namespace: 'default',
      step: 'validate',
      deadline: createDeadline(0),
    };
  };
  /** Assesses, admits and notes the Pod, as the webhook does. */
  const assess = async (asked: AssessmentRequest) => {
    const assessment = await judging(asked);
    admissions.note(asked, assessment);
    return assessment;
  };
  const admit = async (asked: AssessmentRequest) => {
    const assessment = await assess(asked);
    // By then the scheduler has bound it.
    const { metadata, spec } = asked.pod;
    const bound: Pod = { metadata: { ...metadata }, spec: { ...spec, nodeName: 'linux-node' } };
    stored.set(`${asked.namespace}/${metadata?.name ?? ''}`, bound);
    return assessment;
  };
  const open = (): void => {
    isOpen = true;
    gate.resolve();
  };
  const reported = () =>
    written.map(({ reason, regarding }) => `${reason} ${regarding.kind}/${regarding.name}`);
  const counts = () => Object.fromEntries(admissions.pods());
  return {
    assess,
    admit,
    catalog,
    counted,
    counts,
    dropped,
    image,
    messages,
    open,
    polls: () => polls,
    reads,
    registry,
    request,
    retry: admissions.retry,
    stored,
    reported,
    written,
  };
}

describe('an owner whose Pods were admitted before their image could be read', () => {
  test('gets an Event, and so does one of its Pods, with the command that fixes it', async () => {
    const { admit, counts, open, registry, request, reported, written } = await setUp();
    const owned = { owner: ownedBy('ReplicaSet', 'web-5d8f'), labels: { 'pod-template-hash': '5d8f' } };
    for (const uid of ['u1', 'u2', 'u3'])
      expect(await admit(request(uid, {}, owned))).toMatchObject({ outcome: { denials: [] } });
    expect(counts()).toEqual({ pending: 3, 'needs-class': 0, 'would-be-denied': 0 });
    expect(written).toEqual([]);
    open();
    await expect.poll(counts).toEqual({ pending: 0, 'needs-class': 3, 'would-be-denied': 0 });
    expect(reported()).toEqual([
      'WasmImageWithoutRuntimeClass ReplicaSet/web-5d8f',
      'WasmImageWithoutRuntimeClass Pod/pod-u1',
    ]);
    expect(written[0]).toMatchObject({
      namespace: 'default',
      regarding: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-5d8f', uid: 'uid-of-web-5d8f' },
      message: expect.stringMatching(
        /^Known only after Pods of this ReplicaSet, such as "pod-u1", were admitted: wasmgate\/wasm-image-without-runtime-class: container "c0" .* needs RuntimeClass "wasmtime", .*\. Run: kubectl rollout restart deployment\/web -n default$/,
      ) as string,
    });
    expect(written[1]?.regarding).toEqual({ apiVersion: 'v1', kind: 'Pod', name: 'pod-u1', uid: 'u1' });
    expect(registry.lines().filter((line) => line.includes('/manifests/'))).toHaveLength(1);
  });

  test('a bare Pod is its own owner', async () => {
    const { admit, open, request, reported, written } = await setUp();
    await admit(request('u1'));
    open();
    await expect.poll(reported).toEqual(['WasmImageWithoutRuntimeClass Pod/pod-u1']);
    expect(written[0]?.message).toContain('Run: kubectl delete pod pod-u1 -n default');
  });

  test.each<[mode: 'warn' | 'audit', advice: string]>([
    ['warn', 'kubectl delete pod pod-u1'],
    ['audit', 'Set spec.runtimeClassName: wasmtime'],
  ])('is reported in mode %s, too', async (mode, advice) => {
    const { admit, open, request, written } = await setUp({ policy: { mode } });
    await admit(request('u1'));
    open();
    await expect.poll(() => written[0]?.message).toContain(advice);
  });

  test('a Pod whose own class cannot run the image would have been denied', async () => {
    const { admit, counts, open, request, written } = await setUp();
    await admit(request('u1', { spec: { runtimeClassName: 'runc' } }));
    open();
    await expect.poll(counts).toMatchObject({ 'would-be-denied': 1 });
    expect(written).toMatchObject([
      {
        reason: 'WouldHaveBeenRefused',
        message: expect.stringMatching(
          /admitted: wasmgate\/handler-cannot-run-image: container .* RuntimeClass "runc".*[^.]\. \S/,
        ) as string,
      },
    ]);
  });

  test('is dropped if its image is an ordinary one', async () => {
    const { admit, counts, image, open, request, written } = await setUp();
    await admit(request('u1', { containers: [{ image: image(LINUX) }] }));
    expect(counts()).toMatchObject({ pending: 1 });
    open();
    await expect.poll(counts).toEqual({ pending: 0, 'needs-class': 0, 'would-be-denied': 0 });
    expect(written).toEqual([]);
  });

  test('is dropped when the reported Pod is gone', async () => {
    const { admit, counts, open, request, stored } = await setUp({ options: { checkMilliseconds: 5 } });
    vi.useFakeTimers({ toFake: ['performance'] });
    await admit(request('u1'));
    open();
    const later = (): typeof counts extends () => infer Counts ? Counts : never => {
      vi.advanceTimersByTime(LONG_AFTER);
      return counts();
    };
    await expect.poll(later).toMatchObject({ 'needs-class': 1 });
    stored.clear();
    await expect.poll(later).toMatchObject({ 'needs-class': 0 });
  });

  test('is judged by its newest Pod if the first was never stored', async () => {
    const { admit, assess, open, request, reported } = await setUp();
    const owned = { owner: ownedBy('StatefulSet', 'db') };
    await assess(request('u1', {}, owned));
    await admit(request('u2', {}, owned));
    open();
    await expect
      .poll(reported)
      .toEqual(['WasmImageWithoutRuntimeClass StatefulSet/db', 'WasmImageWithoutRuntimeClass Pod/pod-u2']);
  });
});

describe('a failed lookup', () => {
  const answers =
    (status: number): RequestListener =>
    (_request, response) =>
      void response.writeHead(status).end();

  test.each<[reason: UnknownReason, trouble: RequestListener]>([
    ['unreachable', answers(503)],
    ['unreachable', (request) => void request.socket.destroy()],
    ['rate-limited', answers(429)],
    ['unauthorized', answers(403)],
    ['not-found', answers(404)],
  ])('with reason %s is repeated', async (reason, trouble) => {
    const { admit, open, request, reported } = await setUp({ trouble });
    expect(await admit({ ...request('u1'), deadline: AMPLE })).toMatchObject({
      containers: [{ verdict: { kind: 'unknown', reason } }],
    });
    open();
    await expect.poll(reported, { timeout: PATIENCE }).toEqual(['WasmImageWithoutRuntimeClass Pod/pod-u1']);
  });

  const NEVER = { retryMilliseconds: LONG_AFTER, longestFixMilliseconds: LONG_AFTER };

  test('is repeated at once when the settings of registries change', async () => {
    const { admit, open, registry, request, reported, retry } = await setUp({
      trouble: answers(404),
      options: NEVER,
    });
    await admit({ ...request('u1'), deadline: AMPLE });
    const manifests = () => registry.lines().filter((line) => line.includes('/manifests/')).length;
    await expect.poll(manifests, { timeout: PATIENCE }).toBe(2);
    open();
    retry();
    await expect.poll(reported, { timeout: PATIENCE }).toEqual(['WasmImageWithoutRuntimeClass Pod/pod-u1']);
  });

  test('is repeated at once, too, if they change during an attempt', async () => {
    const attempt = Promise.withResolvers<void>();
    let requests = 0;
    const trouble: RequestListener = (_request, response) => {
      requests += 1;
      const fail = (): void => void response.writeHead(404).end();
      if (requests === 1) fail();
      else void attempt.promise.then(fail);
    };
    const { admit, open, request, reported, retry } = await setUp({ trouble, options: NEVER });
    await admit({ ...request('u1'), deadline: AMPLE });
    await expect.poll(() => requests, { timeout: PATIENCE }).toBe(2);
    retry();
    open();
    attempt.resolve();
    await expect.poll(reported, { timeout: PATIENCE }).toEqual(['WasmImageWithoutRuntimeClass Pod/pod-u1']);
  });

  test('of a pull secret is repeated', async () => {
    let isAway = true;
    const pullSecrets: PullSecretsPort = {
      read: () =>
        isAway
          ? Promise.reject(new AppError<UnknownReason>('unreachable', 'Cannot read pull secret'))
          : Promise.resolve(EMPTY_KEYRING),
      forget: () => undefined,
    };
    const { admit, open, request, reported } = await setUp({ pullSecrets });
    open();
    const spec = { imagePullSecrets: [{ name: 'pull-me' }] };
    expect(await admit({ ...request('u1', { spec }), deadline: AMPLE })).toMatchObject({
      containers: [{ verdict: { reason: 'unreachable' } }],
    });
    isAway = false;
    await expect.poll(reported, { timeout: PATIENCE }).toEqual(['WasmImageWithoutRuntimeClass Pod/pod-u1']);
  });

  test.each<[string, (image: (name: string) => string) => PodSketch]>([
    [
      'the configuration denies',
      (image) => ({ containers: [{ image: image(WASM), imagePullPolicy: 'Never' }] }),
    ],
    ['is no reference', () => ({ containers: [{ image: 'Not A Reference' }] })],
  ])('is not repeated for an image that %s', async (_case, sketch) => {
    const { admit, counts, image, request } = await setUp();
    await admit(request('u1', sketch(image)));
    expect(counts()).toMatchObject({ pending: 0 });
  });
});

describe('no owner is kept', () => {
  test.each<[string, Partial<AssessmentRequest>]>([
    ['of a dry run', { isDryRun: true }],
    ['of the mutating call', { step: 'mutate' }],
    ['of a template', { subject: 'template' }],
    ['of an update', { previous: pod({ containers: [{ image: 'before' }] }) }],
    ['of a Pod without a uid', { pod: pod() }],
  ])('%s', async (_case, parts) => {
    const { assess, counts, request } = await setUp();
    await assess({ ...request('u1'), ...parts });
    expect(counts()).toMatchObject({ pending: 0 });
  });

  test('of a Pod that is denied', async () => {
    const { admit, counts, request } = await setUp({ policy: { onUnknownImage: 'deny' } });
    await admit(request('u1'));
    expect(counts()).toMatchObject({ pending: 0 });
  });

  test.each<[mode: 'audit' | 'warn', spec: PodSketch['spec']]>([
    ['audit', {}],
    ['warn', { runtimeClassName: 'runc' }],
  ])('for what the admission reported in mode %s', async (mode, spec = {}) => {
    const { admit, catalog, counts, image, open, request, written } = await setUp({ policy: { mode } });
    open();
    const known = { image: image(WASM), namespace: 'default', pullSecrets: [], architectures: [] };
    await catalog.lookUp(known, { signal: AbortSignal.timeout(PATIENCE) });
    const two = { containers: [{ image: image(WASM) }, { image: image(LINUX) }], spec };
    await admit(request('u1', two));
    expect(counts()).toMatchObject({ pending: 1 });
    await expect.poll(counts).toMatchObject({ pending: 0 });
    expect(written).toEqual([]);
  });
});

describe('a tenant', () => {
  test('that names an owner of another namespace does not replace it', async () => {
    const { admit, counts, image, open, request, reported } = await setUp();
    const owned = { owner: ownedBy('ReplicaSet', 'web') };
    await admit(request('u1', {}, owned));
    const other = request('u2', { containers: [{ image: image(LINUX) }] }, owned);
    await admit({ ...other, namespace: 'attacker' });
    expect(counts()).toMatchObject({ pending: 2 });
    open();
    await expect.poll(counts).toMatchObject({ pending: 0 });
    expect(reported()).toContain('WasmImageWithoutRuntimeClass ReplicaSet/web');
  });

  test('whose Pods other webhooks denied causes no more lookups', async () => {
    const trouble: RequestListener = (_request, response) => void response.writeHead(404).end();
    const { assess, counts, registry, request } = await setUp({ trouble });
    vi.useFakeTimers({ toFake: ['performance'] });
    await assess(request('u1'));
    expect(counts()).toMatchObject({ pending: 1 });
    const later = (): typeof counts extends () => infer Counts ? Counts : never => {
      vi.advanceTimersByTime(LONG_AFTER);
      return counts();
    };
    await expect.poll(later).toMatchObject({ pending: 0 });
    const asked = registry.lines().length;
    expect(asked).toBeLessThan(10);
  });
});

describe('bounds', () => {
  test('owners of one image share its lookup, and each is judged', async () => {
    const { admit, counts, open, registry, request } = await setUp();
    const owners = Array.from({ length: 50 }, (_value, index) => `u${index}`);
    for (const uid of owners) await admit({ ...request(uid), namespace: `team-${uid}` });
    open();
    await expect.poll(counts).toMatchObject({ pending: 0, 'needs-class': owners.length });
    expect(registry.lines().filter((line) => line.includes('/manifests/'))).toHaveLength(1);
  });

  test('polling for an image does not count as a cache request', async () => {
    const trouble: RequestListener = (_request, response) => void response.writeHead(404).end();
    const { admit, counted, polls, request } = await setUp({ trouble, failureTtl: LONG_AFTER });
    await admit(request('u1'));
    // By then the failure is cached, and no owner is due.
    await expect.poll(polls).toBeGreaterThan(2);
    const [before, count] = [[...counted], polls()];
    await expect.poll(polls).toBeGreaterThan(count + 2);
    expect(counted).toEqual(before);
  });

  test('a Pod that is assessed twice counts once', async () => {
    const { admit, counts, request } = await setUp();
    await admit(request('u1'));
    await admit(request('u1'));
    expect(counts()).toMatchObject({ pending: 1 });
  });

  test('the namespace with most owners loses its newest, which is logged once', async () => {
    const { admit, counts, dropped, messages, open, request, reported } = await setUp({
      options: { maxOwners: 2 },
    });
    await admit(request('u1'));
    await admit(request('u2'));
    await admit({ ...request('u3'), namespace: 'other' });
    await admit(request('u4'));
    expect(dropped).toEqual(['an owner', 'an owner']);
    expect(messages('warn')).toEqual(['too many owners of unjudged Pods; the newest are not followed']);
    expect(counts()).toMatchObject({ pending: 2 });
    open();
    await expect.poll(reported).toContain('WasmImageWithoutRuntimeClass Pod/pod-u3');
  });

  test('owners with long names are dropped', async () => {
    const { admit, counts, image, request } = await setUp({ options: { maxBytes: 2_000 } });
    const long = { containers: [{ image: image('a'.repeat(200)) }, { image: image('b'.repeat(200)) }] };
    for (const uid of ['u1', 'u2', 'u3', 'u4']) await admit(request(uid, long));
    expect(counts()['pending']).toBe(2);
  });

  test('an error of a later assessment is logged, and it is repeated', async () => {
    let looks = 0;
    const around = (judge: AssessPod): AssessPod => {
      return (request) => {
        looks += 1;
        if (looks === 2) throw new Error('broken');
        return judge(request);
      };
    };
    const { admit, messages, open, request, reported } = await setUp({ around });
    await admit(request('u1'));
    open();
    await expect.poll(reported).toEqual(['WasmImageWithoutRuntimeClass Pod/pod-u1']);
    expect(messages('warn')).toEqual(['cannot judge admitted Pods now']);
  });
});
