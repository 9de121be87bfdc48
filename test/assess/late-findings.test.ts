import type { RequestListener } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createAssessPod } from '../../src/assess/assess-pod.ts';
import type { AssessmentRequest, AssessPod } from '../../src/assess/assessment.ts';
import { createDeadline, type Deadline } from '../../src/assess/deadline.ts';
import { createImageCatalog } from '../../src/assess/images/image-catalog.ts';
import { createLateFindings, type LateFindingsOptions } from '../../src/assess/late-findings.ts';
import type { PodEvent } from '../../src/assess/ports.ts';
import type { PolicySettings } from '../../src/policy/settings.ts';
import { clusterPort } from '../support/cluster-port.ts';
import { putFixtureImages } from '../support/fixture-images.ts';
import { NO_ACCOUNT_SECRETS, NO_PULL_SECRETS } from '../support/no-pull-secrets.ts';
import { cluster, pod, runtimeClass, settings, type PodSketch } from '../support/pods.ts';
import { createRecordingLogger } from '../support/recording-logger.ts';
import { createLocalClient } from '../support/registry-client.ts';
import { startRegistry } from '../support/registry.ts';

const WASM = 'bk-wasi-wasm';
const LINUX = 'linux-plain';
/** Long enough for everything behind an open gate. */
const PATIENCE = 60_000;
/** From when something waits, not from when the table of the tests was made. */
const AMPLE: Deadline = { signal: () => AbortSignal.timeout(PATIENCE) };

interface Setup {
  readonly policy?: Partial<PolicySettings>;
  readonly options?: LateFindingsOptions;
  /** The only image that the gate holds back; every one where it is not given. */
  readonly held?: string;
  /** Around the use case. */
  readonly around?: (assess: AssessPod) => AssessPod;
}

/** A registry that answers nothing until the test opens the gate. */
async function setUp({ policy = {}, options, held = '', around = (assess) => assess }: Setup = {}) {
  const gate = Promise.withResolvers<void>();
  const faults =
    (handler: RequestListener): RequestListener =>
    (request, response) =>
      request.url?.includes(held) === true
        ? void gate.promise.then(() => handler(request, response))
        : handler(request, response);
  const registry = await startRegistry({ images: putFixtureImages, faults });
  const client = createLocalClient();
  onTestFinished(async () => {
    await client.close();
    await registry.close();
  });
  const { logger, messages } = createRecordingLogger();
  const view = cluster([runtimeClass('wasmtime'), runtimeClass('runc')]);
  const port = clusterPort(view);
  const catalog = createImageCatalog({ registry: client, pullSecrets: NO_PULL_SECRETS, logger });
  const ownNamespace = 'wasmgate-system';
  const judge = createAssessPod(
    { catalog, cluster: port, serviceAccounts: NO_ACCOUNT_SECRETS, logger },
    { policy: settings(policy), ownNamespace },
  );
  const written: PodEvent[] = [];
  const events = { emit: (event: PodEvent): void => void written.push(event) };
  const dropped: string[] = [];
  const onDropped = (): void => void dropped.push('a Pod');
  const assess = createLateFindings({ assess: around(judge), events, logger, onDropped }, options);
  const image = (name: string): string => `${registry.host}/corpus/${name}:latest`;
  const request = (
    uid: string,
    sketch: PodSketch = {},
    parts: Partial<AssessmentRequest> = {},
  ): AssessmentRequest => ({
    subject: 'pod',
    pod: {
      ...pod({ containers: [{ image: image(WASM) }], ...sketch }),
      metadata: { name: `pod-${uid}`, uid },
    },
    namespace: 'default',
    step: 'validate',
    // Over at once.
    deadline: createDeadline(0),
    ...parts,
  });
  const toldOf = () => written.map(({ uid, reason }) => `${uid} ${reason}`);
  return { dropped, assess, judge, image, request, written, toldOf, registry, messages, open: gate.resolve };
}

describe('what is known only after a Pod was admitted', () => {
  test('that it needed a class is told, and costs no further request', async () => {
    const { assess, request, written, registry, open } = await setUp();
    expect(await assess(request('u1'))).toMatchObject({
      outcome: { refusals: [] },
      containers: [{ verdict: { kind: 'unknown', reason: 'timeout' } }],
    });
    expect(written).toEqual([]);
    open();
    await expect.poll(() => written.length).toBe(1);
    expect(written[0]).toMatchObject({
      namespace: 'default',
      name: 'pod-u1',
      uid: 'u1',
      reason: 'WasmImageWithoutRuntimeClass',
      message: expect.stringMatching(
        /container "c0" .* needs RuntimeClass "wasmtime", .* Delete it: a new one/,
      ) as string,
    });
    expect(registry.lines().filter((line) => line.includes('/manifests/'))).toHaveLength(1);
  });

  test.each<[mode: 'warn' | 'audit', advice: string]>([
    ['warn', 'a new one gets its class'],
    ['audit', 'set spec.runtimeClassName: wasmtime in the new one'],
  ])('mode %s tells it, too', async (mode, advice) => {
    const { assess, request, written, open } = await setUp({ policy: { mode } });
    await assess(request('u1'));
    open();
    await expect.poll(() => written[0]?.message).toContain(advice);
  });

  test('that its own class cannot run it is told in the words of the refusal', async () => {
    const { assess, request, written, open } = await setUp();
    await assess(request('u1', { spec: { runtimeClassName: 'runc' } }));
    open();
    await expect.poll(() => written.length).toBe(1);
    expect(written[0]).toMatchObject({
      reason: 'WouldHaveBeenRefused',
      message: expect.stringContaining('cannot run under RuntimeClass "runc"') as string,
    });
  });
});

describe('nothing is told', () => {
  test.each<[string, string, Partial<AssessmentRequest>]>([
    ['of an ordinary image', LINUX, {}],
    ['of a dry run', WASM, { isDryRun: true }],
    ['by the mutating call', WASM, { step: 'mutate' }],
    ['of a template', WASM, { subject: 'template' }],
    ['of an update', WASM, { previous: pod({ containers: [{ image: 'before' }] }) }],
    ['of a Pod without a uid', WASM, { pod: pod() }],
    ['of a Pod whose images were known in time', WASM, { deadline: AMPLE }],
  ])('%s', async (_case, name, parts) => {
    const { assess, judge, request, image, toldOf, open } = await setUp();
    const containers = [{ image: image(name) }];
    const metadata = parts.pod?.metadata;
    const asked = request('u1', { containers }, parts);
    const subject = metadata === undefined ? asked : { ...asked, pod: { ...pod({ containers }), metadata } };
    const answering = assess(subject);
    if (parts.deadline === undefined) await answering;
    // Admitted after it, told after it.
    await assess(request('witness'));
    open();
    await judge({ ...subject, deadline: AMPLE });
    await expect.poll(toldOf).toContain('witness WasmImageWithoutRuntimeClass');
    expect(toldOf()).toEqual(['witness WasmImageWithoutRuntimeClass']);
  });
});

test('a class that was told of in time is not told of again', async () => {
  const { assess, judge, request, image, toldOf, open } = await setUp({
    policy: { mode: 'audit' },
    held: LINUX,
  });
  await judge(request('u0', {}, { deadline: AMPLE }));
  const two = { containers: [{ image: image(WASM) }, { image: image(LINUX) }] };
  expect(await assess(request('u1', two))).toMatchObject({
    decision: { runtimeClass: { origin: 'chosen' } },
    containers: [{ verdict: { kind: 'wasm' } }, { verdict: { reason: 'timeout' } }],
  });
  open();
  await judge(request('u1', two, { deadline: AMPLE }));
  await new Promise(setImmediate);
  expect(toldOf()).toEqual([]);
});

test('a refusal that was told of in time is not told of again', async () => {
  const { assess, judge, request, image, toldOf, open } = await setUp({
    policy: { mode: 'warn' },
    held: LINUX,
  });
  const spec = { runtimeClassName: 'runc' };
  await judge(request('u0', { spec }, { deadline: AMPLE }));
  const two = { containers: [{ image: image(WASM) }, { image: image(LINUX) }], spec };
  expect(await assess(request('u1', two))).toMatchObject({
    outcome: { refusals: [], withheld: { refusals: [{ id: 'handler-cannot-run-image', container: 'c0' }] } },
    containers: [{ verdict: { kind: 'wasm' } }, { verdict: { reason: 'timeout' } }],
  });
  open();
  await judge(request('u1', two, { deadline: AMPLE }));
  await new Promise(setImmediate);
  expect(toldOf()).toEqual([]);
});

test('an image that is unknown for another reason is not looked at again', async () => {
  let looks = 0;
  const around = (judge: AssessPod): AssessPod => {
    return (request) => {
      looks += 1;
      return judge(request);
    };
  };
  const { assess, request, image, open } = await setUp({ around });
  open();
  const sketch = { containers: [{ image: image('absent') }] };
  const inTime = { deadline: AMPLE };
  expect(await assess(request('u1', sketch, inTime))).toMatchObject({
    containers: [{ verdict: { reason: 'not-found' } }],
  });
  expect(looks).toBe(1);
});

describe('bounds', () => {
  test('a Pod that is asked about twice is told of once', async () => {
    const { assess, request, toldOf, open } = await setUp();
    await assess(request('u1'));
    await assess(request('u1'));
    await assess(request('witness'));
    open();
    await expect.poll(toldOf).toContain('witness WasmImageWithoutRuntimeClass');
    expect(toldOf()).toEqual(['u1 WasmImageWithoutRuntimeClass', 'witness WasmImageWithoutRuntimeClass']);
  });

  test('more than so many are dropped, and the log says so', async () => {
    const { assess, request, image, toldOf, messages, dropped, open } = await setUp({
      options: { maxWaiting: 1 },
    });
    await assess(request('u1'));
    expect(dropped).toEqual([]);
    await assess(request('u2'));
    expect(dropped).toEqual(['a Pod']);
    open();
    await expect.poll(toldOf).toEqual(['u1 WasmImageWithoutRuntimeClass']);
    expect(messages('warn')).toEqual([]);
    await assess(request('u3', { containers: [{ image: image(LINUX) }] }));
    expect(messages('warn')).toContain('too many Pods with late images; some were not followed');
  });

  test('Pods that take much memory are dropped, and those that do not are followed', async () => {
    const { assess, request, toldOf, dropped, open } = await setUp({ options: { maxBytes: 10_000 } });
    const large = request('u1');
    const nested = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown;
    await assess({ ...large, pod: { ...large.pod, nested } as typeof large.pod });
    expect(dropped).toEqual(['a Pod']);
    await assess(request('u2'));
    open();
    await expect.poll(toldOf).toEqual(['u2 WasmImageWithoutRuntimeClass']);
  });

  test('a fault of the second look is logged and nothing else', async () => {
    let looks = 0;
    const around = (judge: AssessPod): AssessPod => {
      return (request) => {
        looks += 1;
        if (looks > 1) throw new Error('broken');
        return judge(request);
      };
    };
    const { assess, request, written, messages } = await setUp({ around });
    await assess(request('u1'));
    await expect.poll(() => messages('error')).toEqual(['late look at a Pod failed']);
    expect(written).toEqual([]);
  });
});
