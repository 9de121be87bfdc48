import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { AssessPod } from '../../src/assess/assessment.ts';
import { readReview } from '../support/admission/reviews.ts';
import { answering, decided } from '../support/assess/assessments.ts';
import { startWebhook, type Webhook } from '../support/server/webhook.ts';

/**
 * 3 MiB of `{}` among a Pod's tolerations, which the API server accepts and passes on, became 60 MiB. Sixteen at a time killed the
 * process, whose heap is half of the 256 MiB that the Deployment grants.
 */
const review = readReview('05');

function reviewWith(count: number): string {
  const tolerations = Array.from({ length: count }, () => ({}));
  return JSON.stringify({ ...review, request: { ...review.request, object: { spec: { tolerations } } } });
}

async function expectServing(webhook: Webhook): Promise<void> {
  expect((await webhook.post('/validate', JSON.stringify(review))).status).toBe(200);
}

test('a body beyond the memory budget is rejected before it is parsed', async () => {
  const { assess } = answering(decided());
  await using webhook = await startWebhook({ assess });
  const reply = await webhook.post('/validate', reviewWith(1_000_000));
  expect(reply.status).toBe(413);
  expect(reply.json()).toMatchObject({ code: 'body-too-large' });
  await expectServing(webhook);
});

/** Waits until its deadline, as for a registry that does not answer. */
function hanging() {
  let most = 0;
  let waiting = 0;
  const gate = Promise.withResolvers<void>();
  const assess: AssessPod = async ({ deadline }) => {
    waiting += 1;
    await Promise.race([gate.promise, once(deadline.signal(), 'abort')]);
    waiting -= 1;
    return decided();
  };
  const watched: AssessPod = (request) => {
    const assessing = assess(request);
    // Those without a reservation have their deadline cut in the same turn.
    setImmediate(() => (most = Math.max(most, waiting)));
    return assessing;
  };
  return { assess: watched, open: gate.resolve, waiting: () => waiting, most: () => most };
}

function podWith(tolerations: readonly object[], namespace = 'team') {
  const spec = { containers: [{ name: 'app', image: 'example.com/app:1' }], tolerations };
  const object = { ...review.request.object, spec };
  return JSON.stringify({ ...review, request: { ...review.request, namespace, object } });
}

/** 16 KiB of `{}`, which take 520 KiB once parsed. */
const small = podWith(Array.from({ length: 4_700 }, () => ({})));

test('a Pod too large to keep while it waits for a registry is decided at once', async () => {
  const { assess, waiting } = hanging();
  await using webhook = await startWebhook({ assess });
  // About 22 MiB.
  const heavy = podWith(Array.from({ length: 200_000 }, () => ({})));
  expect((await webhook.post('/validate', heavy)).status).toBe(200);
  expect(waiting()).toBe(0);
  expect(webhook.log).toEqual([expect.stringContaining('too many Pods wait for registries')]);
});

test('400 bodies just under 16 KiB: few wait, and Pods of other namespaces keep their time', async () => {
  const { assess, open, waiting, most } = hanging();
  await using webhook = await startWebhook({ assess });
  expect(small.length).toBeLessThan(16 * 1024);
  const replies = Array.from({ length: 400 }, () => webhook.post('/validate', small));
  await expect.poll(() => most()).toBeGreaterThan(10);
  let answered = 0;
  for (const reply of replies) void reply.then(() => (answered += 1));
  await expect.poll(() => answered + waiting()).toBe(400);
  // Three quarters of 16 MiB: about 20 of them, at 600 KiB each.
  expect(most()).toBeLessThan(40);
  const before = waiting();
  const other = webhook.post('/validate', JSON.stringify(review));
  await expect.poll(() => waiting()).toBe(before + 1);
  open();
  expect((await other).status).toBe(200);
  expect((await Promise.all(replies)).filter(({ status }) => status !== 200)).toEqual([]);
});
