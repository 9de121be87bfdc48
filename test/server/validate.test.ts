import { expect, test } from 'vitest';
import { readReview, REVIEW_FILES, withObject } from '../support/admission/reviews.ts';
import { answering, CANNOT_RUN, decided, ON_NO_NODE, SET_CLASS } from '../support/assess/assessments.ts';
import { startWebhook } from '../support/server/webhook.ts';

const denying = decided({ findings: [CANNOT_RUN, ON_NO_NODE], changes: [SET_CLASS], notes: ['a note'] });

const PODS = REVIEW_FILES.filter((file) => file.includes('-validate-create-pod-'));
const WORKLOADS = REVIEW_FILES.filter(
  (file) => file.includes('-validate-create-') && !file.includes('-create-pod-'),
);
const UPDATES = REVIEW_FILES.filter((file) => file.includes('-validate-update-pod-'));
/** Review 16 adds an ephemeral container, 17 is `kubectl set image`. The others change labels and conditions, or delete. */
const NEW_IMAGES = UPDATES.filter((file) => /^1[67]/.test(file));
const warned = decided({ findings: [CANNOT_RUN, ON_NO_NODE], isBinding: false });

test.each(PODS)('%s is denied with a reason and without a patch', async (file) => {
  const { assess, asked } = answering(denying);
  await using webhook = await startWebhook({ assess });
  const review = readReview(file);
  const response = await webhook.ask('/validate?timeout=10s', review);
  expect(response).toEqual({
    uid: review.request.uid,
    allowed: false,
    status: {
      code: 403,
      reason: 'Forbidden',
      message: `wasmgate/${CANNOT_RUN.id}: ${CANNOT_RUN.detail}. Fix: ${CANNOT_RUN.advice}`,
    },
    warnings: [
      'wasmgate: a note',
      'wasmgate/handler-on-no-node: no node offers handler "wasmtime". Install the shim.',
    ],
    auditAnnotations: {
      mode: 'enforce',
      outcome: 'denied',
      'runtime-class': 'wasmtime',
      findings: 'handler-cannot-run-image handler-on-no-node',
    },
  });
  expect(asked).toMatchObject([{ subject: 'pod', step: 'validate', namespace: review.request['namespace'] }]);
});

test.each(WORKLOADS)('%s gets warnings, never a denial', async (file) => {
  const { assess, asked } = answering(warned);
  await using webhook = await startWebhook({ assess });
  const response = await webhook.ask('/validate', readReview(file));
  expect(response).toMatchObject({ allowed: true, auditAnnotations: { outcome: 'warned' } });
  expect(response['warnings']).toContainEqual(expect.stringContaining('will be denied: container "app"'));
  expect(asked).toMatchObject([{ subject: 'template', pod: { spec: { containers: expect.any(Array) } } }]);
});

test('the reviews contain both Pods and workloads', () => {
  expect([PODS, WORKLOADS, UPDATES, NEW_IMAGES].map(({ length }) => length)).toEqual([7, 6, 6, 2]);
});

test.each(UPDATES.filter((file) => !NEW_IMAGES.includes(file)))(
  '%s is allowed without an assessment',
  async (file) => {
    const { assess, asked } = answering(denying);
    await using webhook = await startWebhook({ assess });
    expect(await webhook.ask('/validate', readReview(file))).toMatchObject({ allowed: true });
    expect(asked).toEqual([]);
  },
);

test.each(NEW_IMAGES)('%s is assessed together with the previous Pod', async (file) => {
  const { assess, asked } = answering(denying);
  await using webhook = await startWebhook({ assess });
  const review = readReview(file);
  expect(await webhook.ask('/validate', review)).toMatchObject({ allowed: false });
  const { object, oldObject } = review.request;
  expect(asked).toMatchObject([{ subject: 'pod', pod: object, previous: oldObject, step: 'validate' }]);
});

test.each([
  ['status', { subResource: 'status' }],
  ['resize', { subResource: 'resize' }],
  ['a Pod of another group', { kind: { group: 'x.io', version: 'v1', kind: 'Pod' } }],
])('an image update through %s is allowed without an assessment', async (_case, parts) => {
  const { assess, asked } = answering(denying);
  await using webhook = await startWebhook({ assess });
  const { request, ...envelope } = readReview('17');
  const response = await webhook.ask('/validate', { ...envelope, request: { ...request, ...parts } });
  expect(response).toMatchObject({ allowed: true });
  expect(asked).toEqual([]);
});

test('a workload is denied if denials are binding', async () => {
  const { assess } = answering(denying);
  await using webhook = await startWebhook({ assess });
  const response = await webhook.ask('/validate', readReview('01'));
  expect(response).toMatchObject({ allowed: false, auditAnnotations: { outcome: 'denied' } });
  expect(JSON.stringify(response['warnings'])).not.toContain('will be denied');
});

test.each([
  ['a changed template is assessed', { spec: { template: {} } }, 1],
  ['an unchanged template is allowed without an assessment', null, 0],
])('an update of a workload with %s', async (_case, before, count) => {
  const { assess, asked } = answering(warned);
  await using webhook = await startWebhook({ assess });
  const { request, ...envelope } = readReview('01');
  const oldObject = before ?? request.object;
  const update = { ...envelope, request: { ...request, operation: 'UPDATE', oldObject } };
  expect(await webhook.ask('/validate', update)).toMatchObject({ allowed: true });
  expect(asked).toHaveLength(count);
});

test('mode audit allows the Pod and reports on one line', async () => {
  const { assess } = answering(decided({ mode: 'audit', findings: [CANNOT_RUN], changes: [SET_CLASS] }));
  await using webhook = await startWebhook({ assess });
  const response = await webhook.ask('/validate', readReview('05'));
  expect(response).toMatchObject({
    allowed: true,
    auditAnnotations: { outcome: 'would-deny', mode: 'audit' },
  });
  expect(response['warnings']).toEqual([
    expect.stringMatching(/^wasmgate\/handler-cannot-run-image: would deny: container "app" is/),
  ]);
});

test('a skipped Pod is allowed, with its notes', async () => {
  const { assess } = answering({ kind: 'skipped', reason: 'mode off', notes: ['a note'] });
  await using webhook = await startWebhook({ assess });
  expect(await webhook.ask('/validate', readReview('05'))).toMatchObject({
    allowed: true,
    warnings: ['wasmgate: a note'],
    auditAnnotations: { outcome: 'skipped', skipped: 'mode off' },
  });
});

test.each([
  ['Pod', '05', { spec: { containers: [{ name: 'a', image: 3 }] } }, 'spec.containers[0].image'],
  ['Deployment', '01', { spec: { template: { spec: { containers: {} } } } }, 'spec.containers'],
  ['Job', '27', { spec: {} }, 'pod'],
])(
  'a %s with invalid fields is allowed, with a warning that names the field',
  async (kind, start, object, field) => {
    const { assess, asked } = answering(denying);
    await using webhook = await startWebhook({ assess });
    const response = await webhook.ask('/validate', withObject(readReview(start), object));
    expect(response).toMatchObject({ allowed: true, auditAnnotations: { outcome: 'not-judged' } });
    expect(response['warnings']).toEqual([
      expect.stringContaining(`this ${kind} was not judged: Cannot read`),
    ]);
    expect(response['warnings']).toEqual([expect.stringContaining(`"${field}"`)]);
    expect(asked).toEqual([]);
  },
);
