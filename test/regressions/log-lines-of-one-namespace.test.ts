import { expect, test } from 'vitest';
import { createFairQueue } from '../../src/images/fair-queue.ts';
import { createQueuedPeek } from '../../src/images/queued-peek.ts';
import { createLogFailure } from '../../src/keychain/log-failure.ts';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { createEvents } from '../../src/kubernetes/events.ts';
import { createServiceAccounts } from '../../src/kubernetes/service-accounts.ts';
import { AppError } from '../../src/lib/errors.ts';
import { THROTTLE_LIMITS, throttledWarn } from '../../src/lib/throttled-warn.ts';
import { imageFacts, linux } from '../support/image/image-facts.ts';
import { errorStatus, startScriptedApi } from '../support/kubernetes/scripted-api.ts';

const never = new AbortController().signal;

function capture() {
  const lines: Record<string, unknown>[] = [];
  const write = (fields: object, msg: string): void => void lines.push({ ...fields, msg });
  return { lines, logger: { debug: write, info: write, warn: write, error: write } };
}

/** Twenty missing images in ten seconds kept the failures of every other namespace out of the log. */
test('warnings that one namespace causes do not keep out those of another', () => {
  const { lines, logger } = capture();
  const clock = { now: 0 };
  const warn = throttledWarn(logger, 'image lookup failed', { now: () => clock.now });
  for (let image = 0; image < 1000; image += 1) warn({ image }, { namespace: 'greedy' });
  warn({ image: 'other' }, { namespace: 'team-a' });
  expect(lines).toHaveLength(THROTTLE_LIMITS.mostOfNamespace + 1);
  expect(lines.at(-1)).toMatchObject({ image: 'other' });
  clock.now = THROTTLE_LIMITS.milliseconds;
  warn({ image: 'next' }, { namespace: 'greedy' });
  expect(lines.slice(-2)).toMatchObject([
    { dropped: 1000 - THROTTLE_LIMITS.mostOfNamespace },
    { image: 'next', msg: 'image lookup failed' },
  ]);
});

/** Pods name registries: each of a thousand was a line, and a run of the failing helper. */
test('failures of a credential helper are a few lines, whatever registries Pods name', () => {
  const { lines, logger } = capture();
  const logFailure = createLogFailure(logger);
  for (let host = 0; host < 1000; host += 1) logFailure(new Error('it failed'), `r${host}.example`);
  expect(lines).toHaveLength(THROTTLE_LIMITS.most);
  expect(lines[0]).toEqual({ registry: 'r0.example', msg: 'it failed' });
});

test('images whose layers cannot be read are a few lines, whatever commands Pods choose', async () => {
  const { lines, logger } = capture();
  const peek = () => Promise.reject(new AppError('not-found', 'Cannot read layer'));
  const look = createQueuedPeek({ peek, queue: createFairQueue({ atOnce: 8, waiting: 8 }), logger });
  const facts = imageFacts(linux('/app'));
  const image = 'r.example/app:1';
  const credentialsFor = () => Promise.resolve([]);
  const own = { key: image, image, namespace: 'greedy', onPeeked: () => undefined, credentialsFor };
  for (let index = 0; index < 100; index += 1)
    await look(own, { facts, override: { command: [`/${index}`] }, scope: 'sign' }, never);
  expect(lines).toHaveLength(THROTTLE_LIMITS.mostOfNamespace);
  expect(lines[0]).toMatchObject({ namespace: 'greedy', msg: 'cannot read the layers of the image' });
});

/** A namespace may forbid Events by a quota of its own, and a Deployment may name accounts that are not readable. */
test('Events and accounts that the API server denies are a few lines for each namespace', async () => {
  const { lines, logger } = capture();
  await using api = await startScriptedApi([errorStatus(403, 'Forbidden')]);
  const client = createKubernetesClient(api.connection);
  const events = createEvents({ client, logger }, { instance: 'wasmgate-0' });
  const accounts = createServiceAccounts({ client, logger });
  const regarding = { apiVersion: 'v1', kind: 'Pod', name: 'app', uid: 'u1' };
  for (let index = 0; index < 20; index += 1) {
    await events.write({ namespace: 'greedy', regarding, reason: 'R', message: 'It needs a class.' }, never);
    await accounts.pullSecrets('greedy', `account-${index}`, never);
  }
  expect(lines.filter(({ kind }) => kind === 'Pod')).toHaveLength(THROTTLE_LIMITS.mostOfNamespace);
  expect(lines.filter(({ serviceAccount }) => serviceAccount)).toHaveLength(THROTTLE_LIMITS.mostOfNamespace);
});
