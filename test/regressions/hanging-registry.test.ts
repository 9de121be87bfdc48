import type { RequestListener } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createAssessPod } from '../../src/assess/assess-pod.ts';
import { type Assessment, type AssessmentRequest, createDeadline } from '../../src/assess/assessment.ts';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import { createWaitLimits, WAIT_LIMITS, type WaitOptions } from '../../src/images/lookup-limits.ts';
import type { PolicySettings } from '../../src/policy/settings.ts';
import { clusterPort } from '../support/assess/cluster-port.ts';
import { NO_ACCOUNT_SECRETS, NO_PULL_SECRETS } from '../support/assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { putFixtureImages } from '../support/image/fixture-images.ts';
import { cluster, pod, runtimeClass, settings, type PodSketch } from '../support/pod/pods.ts';
import { createLocalClient } from '../support/registry/registry-client.ts';
import { startRegistry } from '../support/registry/registry.ts';

// A hanging registry cost every Pod of a new image 4.5 + 2.5 s: 60 replicas of a Linux Deployment took 18 s.
const ANSWERED_LATE = 'answered late';
/** The admission's timeout, far beyond the duration of these tests. */
const AMPLE = 60_000;
/** Expires at once. */
const SPENT = 1;

interface Setup {
  readonly policy?: Partial<PolicySettings>;
  readonly waits?: WaitOptions;
  readonly boundsWaits?: boolean;
}

/** A registry that answers only when the test allows it. */
async function setUp({ policy = {}, waits = {}, boundsWaits = true }: Setup = {}) {
  const gate = Promise.withResolvers<void>();
  const faults =
    (handler: RequestListener): RequestListener =>
    (request, response) =>
      void gate.promise.then(() => handler(request, response));
  const registry = await startRegistry({ images: putFixtureImages, faults });
  const client = createLocalClient();
  onTestFinished(async () => {
    gate.resolve();
    await client.close();
    await registry.close();
  });
  const { logger } = createRecordingLogger();
  const catalog = createImageCatalog({ registry: client, pullSecrets: NO_PULL_SECRETS, logger }, waits);
  const view = cluster([runtimeClass('wasmtime'), runtimeClass('runc')]);
  const assess = createAssessPod(
    { catalog, cluster: clusterPort(view), serviceAccounts: NO_ACCOUNT_SECRETS, logger },
    { policy: settings(policy), ownNamespace: 'wasmgate-system', boundsWaits },
  );
  const image = (tag: string): string => `${registry.host}/corpus/linux-plain:${tag}`;
  const ask = async (
    sketch: PodSketch,
    parts: Partial<AssessmentRequest> & { readonly milliseconds?: number } = {},
  ) => {
    const { milliseconds = AMPLE, ...rest } = parts;
    const request: AssessmentRequest = {
      subject: 'pod',
      pod: pod(sketch),
      namespace: 'default',
      step: 'mutate',
      deadline: createDeadline(milliseconds),
      ...rest,
    };
    return describeAnswer(await assess(request));
  };
  const runOut = (tag: string) => ask({ containers: [{ image: image(tag) }] }, { milliseconds: SPENT });
  return { ask, image, runOut, open: gate.resolve };
}

function describeAnswer(assessment: Assessment): string {
  if (assessment.kind === 'skipped') return assessment.reason;
  const [verdict] = assessment.containers.map((container) => container.verdict);
  return verdict?.kind === 'unknown' && verdict.reason === 'timeout' ? ANSWERED_LATE : (verdict?.kind ?? '');
}

const LATEST = 'latest';

describe('Pods of one image', () => {
  test('share the budget of its lookup', async () => {
    const { ask, image, open } = await setUp({ waits: { lookupMilliseconds: 50 } });
    const containers = [{ image: image(LATEST) }];
    const first = ask({ containers });
    expect(await ask({ containers })).toBe(ANSWERED_LATE);
    expect(await ask({ containers })).toBe(ANSWERED_LATE);
    open();
    expect(await first).toBe('container');
  });

  test('a command waits as long as it may', async () => {
    const { ask, image, open } = await setUp({ waits: { lookupMilliseconds: 0 }, boundsWaits: false });
    const containers = [{ image: image(LATEST) }];
    const answers = [ask({ containers }), ask({ containers })];
    await new Promise(setImmediate);
    open();
    expect(await Promise.all(answers)).toEqual(['container', 'container']);
  });
});

describe('after lookups of two images timed out', () => {
  const SHORT: WaitOptions = { shortMilliseconds: 1 };

  test('a Pod without a sign of Wasm waits for a moment only', async () => {
    const { ask, image, runOut } = await setUp({ waits: SHORT });
    await runOut('one');
    await runOut('two');
    expect(await ask({ containers: [{ image: image(LATEST) }] })).toBe(ANSWERED_LATE);
  });

  test.each<[string, PodSketch, Partial<AssessmentRequest>]>([
    ['names a Wasm class', { spec: { runtimeClassName: 'wasmtime' } }, {}],
    ['has the variant annotation', { annotations: { 'module.wasm.image/variant': 'compat' } }, {}],
    ['has a .wasm argument', { containers: [{ command: ['/app.wasm'] }] }, {}],
    ['is in another namespace', {}, { namespace: 'other' }],
  ])('one that %s waits as before', async (_case, sketch, parts) => {
    const { ask, image, runOut, open } = await setUp({ waits: SHORT });
    await runOut('one');
    await runOut('two');
    const [container = {}] = sketch.containers ?? [];
    const answer = ask({ ...sketch, containers: [{ ...container, image: image(LATEST) }] }, parts);
    // The second request, which starts later and ends first.
    expect(await ask({ containers: [{ image: image('three') }] })).toBe(ANSWERED_LATE);
    open();
    expect(await answer).not.toBe(ANSWERED_LATE);
  });

  test.each<[string, Partial<PolicySettings>]>([
    ['Wasm is the rule', { scenario: 'wasm-first' }],
    ['unknown images are denied', { onUnknownImage: 'deny' }],
  ])('all wait as before if %s', async (_case, policy) => {
    const { ask, image, runOut, open } = await setUp({ waits: SHORT, policy });
    await runOut('one');
    await runOut('two');
    const answer = ask({ containers: [{ image: image(LATEST) }] });
    await new Promise(setImmediate);
    open();
    expect(await answer).toBe('container');
  });

  test('one image that times out twice does not make a hanging registry', async () => {
    const { ask, image, runOut, open } = await setUp({ waits: SHORT });
    await runOut('one');
    await runOut('one');
    const answer = ask({ containers: [{ image: image(LATEST) }] });
    await new Promise(setImmediate);
    open();
    expect(await answer).toBe('container');
  });
});

describe('the record of timeouts', () => {
  const question = (host: string) => ({
    image: `${host}/app:1`,
    namespace: 'default',
    pullSecrets: [],
    architectures: [],
  });

  function noteTwice(host: string, limits: ReturnType<typeof createWaitLimits>): void {
    limits.noteTimeout(question(host), { startedAt: 0 });
    limits.noteTimeout(question(host), { startedAt: 0 });
  }

  test('is bounded in hosts and in bytes', () => {
    for (const bound of [{ maxHosts: 2 }, { maxHostBytes: 3 * WAIT_LIMITS.hostBytes }]) {
      const limits = createWaitLimits({ isUnreachable: () => false }, bound);
      for (const host of ['a.example', 'b.example', 'c.example']) noteTwice(host, limits);
      expect(limits.longest(question('a.example'), undefined)).toBe(Infinity);
      expect(limits.longest(question('c.example'), undefined)).toBe(WAIT_LIMITS.shortMilliseconds);
    }
  });

  test('ends after a minute', () => {
    const limits = createWaitLimits({ isUnreachable: () => false }, { memoryMilliseconds: -1 });
    noteTwice('a.example', limits);
    expect(limits.longest(question('a.example'), undefined)).toBe(Infinity);
  });

  test('is not needed while no endpoint of the registry is reachable', () => {
    const limits = createWaitLimits({ isUnreachable: (image) => image.startsWith('a.') });
    expect(limits.longest(question('a.example'), undefined)).toBe(WAIT_LIMITS.shortMilliseconds);
    expect(limits.longest(question('b.example'), undefined)).toBe(Infinity);
  });
});
