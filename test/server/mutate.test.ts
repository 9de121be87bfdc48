import jsonPatch from 'fast-json-patch';
import { expect, test } from 'vitest';
import { readReview, REVIEW_FILES, withObject } from '../support/admission/reviews.ts';
import { answering, CANNOT_RUN, decided, ON_NO_NODE, SET_CLASS } from '../support/assess/assessments.ts';
import { startWebhook } from '../support/server/webhook.ts';

const MUTATING = REVIEW_FILES.filter((file) => file.includes('-mutate-'));

test.each(MUTATING)(
  '%s: the patch sets the class, and the response has the uid of the request',
  async (file) => {
    const { assess, asked } = answering(decided({ changes: [SET_CLASS], findings: [ON_NO_NODE] }));
    await using webhook = await startWebhook({ assess });
    const review = readReview(file);
    const response = await webhook.ask('/mutate?timeout=10s', review);
    expect(response).toMatchObject({ uid: review.request.uid, allowed: true, patchType: 'JSONPatch' });
    const text = Buffer.from(String(response['patch']), 'base64').toString();
    const operations = JSON.parse(text) as jsonPatch.Operation[];
    const { newDocument } = jsonPatch.applyPatch(review.request.object, operations, true, false);
    expect(newDocument).toMatchObject({ spec: { runtimeClassName: 'wasmtime' } });
    expect(asked).toMatchObject([{ subject: 'pod', step: 'mutate', namespace: review.request['namespace'] }]);
  },
);

test('a Pod without changes is allowed without a patch', async () => {
  const { assess } = answering(decided());
  await using webhook = await startWebhook({ assess });
  const response = await webhook.ask('/mutate', readReview('03'));
  expect(response).toEqual({
    uid: readReview('03').request.uid,
    allowed: true,
    auditAnnotations: { mode: 'enforce', 'runtime-class': 'wasmtime' },
  });
});

test('a Pod that /validate will deny is allowed as written, without a warning', async () => {
  const { assess } = answering(
    decided({ findings: [CANNOT_RUN, ON_NO_NODE], changes: [SET_CLASS], notes: ['a note'] }),
  );
  await using webhook = await startWebhook({ assess });
  const response = await webhook.ask('/mutate', readReview('03'));
  expect(response).toMatchObject({ allowed: true });
  expect(response).not.toHaveProperty('patch');
  expect(response).not.toHaveProperty('warnings');
});

test('a skipped Pod is allowed, and the audit log says why', async () => {
  const { assess } = answering({ kind: 'skipped', reason: 'mirror Pod', notes: ['a note'] });
  await using webhook = await startWebhook({ assess });
  expect(await webhook.ask('/mutate', readReview('03'))).toEqual({
    uid: readReview('03').request.uid,
    allowed: true,
    auditAnnotations: { skipped: 'mirror Pod' },
  });
});

const pod = readReview('03');

test.each([
  ['a Deployment', readReview('01')],
  ['an update of a Pod', readReview('17')],
  ['an ephemeral container', readReview('16')],
  ['a deletion', { ...pod, request: { ...pod.request, operation: 'DELETE', object: null } }],
  ['a Pod that is being deleted', withObject(pod, readReview('31').request.object)],
  [
    'a Pod of another group',
    { ...pod, request: { ...pod.request, kind: { group: 'x.io', version: 'v1', kind: 'Pod' } } },
  ],
  ['no object', withObject(pod, null)],
  ['a Pod with invalid fields', withObject(pod, { metadata: {}, spec: { containers: 'none' } })],
])('%s is allowed without an assessment', async (_case, review) => {
  const { assess, asked } = answering(decided({ changes: [SET_CLASS] }));
  await using webhook = await startWebhook({ assess });
  expect(await webhook.ask('/mutate', review)).toEqual({ uid: expect.any(String), allowed: true });
  expect(asked).toEqual([]);
});
