import { expect, test } from 'vitest';
import { answering, decided } from '../support/assessments.ts';
import { readReview } from '../support/reviews.ts';
import { startWebhook, type Webhook } from '../support/webhook.ts';

/**
 * 3 MiB of `{}` among a Pod's tolerations, which the API server takes and hands on, became 60 MiB. Sixteen at a time ended the
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

test('a body that takes more memory than there is, is refused before it is parsed', async () => {
  const { assess } = answering(decided());
  await using webhook = await startWebhook({ assess });
  const reply = await webhook.post('/validate', reviewWith(1_000_000));
  expect(reply.status).toBe(413);
  expect(reply.json()).toMatchObject({ code: 'body-too-large' });
  await expectServing(webhook);
});

test('bodies that are judged take so much memory together and no more, and give it back', async () => {
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const assess = async () => {
    begun.resolve();
    await gate.promise;
    return decided();
  };
  await using webhook = await startWebhook({ assess });
  // Some 22 MiB each, of 32.
  const tolerations = Array.from({ length: 200_000 }, () => ({}));
  const spec = { containers: [{ name: 'app', image: 'example.com/app:1' }], tolerations };
  const object = { ...review.request.object, spec };
  const heavy = JSON.stringify({ ...review, request: { ...review.request, object } });
  const first = webhook.post('/validate', heavy);
  await begun.promise;
  const second = await webhook.post('/validate', heavy);
  expect(second.status).toBe(503);
  expect(second.json()).toMatchObject({ code: 'too-many-bytes' });
  gate.resolve();
  expect((await first).status).toBe(200);
  await expect.poll(async () => (await webhook.post('/validate', heavy)).status).toBe(200);
  await expectServing(webhook);
});
