import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createFixedCluster } from '../../../src/kubernetes/fixed-cluster.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import { assembleAssess } from '../../../src/wire/assemble-assess.ts';
import { readReview, REVIEW_FILES, type Review } from '../../support/admission/reviews.ts';
import { FACTS, startReviewStage, type ReviewStage } from '../../support/cli/review-stage.ts';
import { settings } from '../../support/pod/pods.ts';
import { createTestClient } from '../../support/registry/registry-client.ts';
import { startWebhook, type Webhook } from '../../support/server/webhook.ts';

// `review` and the webhook read admission requests with the same code, so their answers are equal.

const resources = new AsyncDisposableStack();
let stage: ReviewStage;
let webhook: Webhook;
let facts: string;

beforeAll(async () => {
  stage = resources.use(await startReviewStage());
  facts = await stage.write('facts.yaml', FACTS);
  const objects = parseAllDocuments(FACTS).map((document) => document.toJS() as JsonObject);
  const registry = resources.use(createTestClient([stage]));
  const logger = createLogger({ level: 'error', destination: new PassThrough() });
  const parts = { ...createFixedCluster(objects, 'default'), registry, logger, namespace: 'wasmgate-system' };
  webhook = resources.use(await startWebhook({ assess: assembleAssess(parts, { policy: settings() }) }));
});

afterAll(() => resources.disposeAsync());

/** Every image is a Spin application and its class cannot run one, so that every assessed object has a finding. */
function onStage(review: Review): Review {
  const replace = (key: string, value: unknown): unknown => {
    if (key === 'image')
      return `${stage.host}/corpus/${value === NEW_IMAGE ? 'bk-wasi-wasm' : 'spin-v2-app'}`;
    return !isPodSpec(value) ? value : { ...value, runtimeClassName: 'wasmtime' };
  };
  return JSON.parse(JSON.stringify(review), replace) as Review;
}

/** An image that `kubectl set image` sets. */
const NEW_IMAGE = 'registry.example/greeter:2.0';

function isPodSpec(value: unknown): value is object {
  return typeof value === 'object' && value !== null && 'containers' in value && 'restartPolicy' in value;
}

async function answersTo(review: Review) {
  const file = await stage.write('review.json', JSON.stringify(review));
  const { stdout } = await stage.review(['-f', file, '--facts', facts, '-o', 'admissionreview']);
  const { response } = JSON.parse(stdout) as { readonly response: object };
  const { items } = await stage.report(['-f', file, '--facts', facts]);
  return { asked: await webhook.ask('/validate', review), reviewed: response, item: items[0] };
}

const VALIDATED = REVIEW_FILES.filter((file) => file.includes('-validate-'));

test.each(VALIDATED)('%s', async (file) => {
  const { asked, reviewed } = await answersTo(onStage(readReview(file)));
  expect(reviewed).toEqual(asked);
});

const DELETED = { deletionTimestamp: '2026-11-21T00:00:00Z' };
const OWNED = { ownerReferences: [{ kind: 'Deployment', name: 'a', uid: 'b', controller: true }] };
const MIRROR = { annotations: { 'kubernetes.io/config.mirror': 'x' } };

function withMetadata(review: Review, metadata: object): Review {
  const { object } = review.request;
  const changed = { ...object, metadata: { ...(object['metadata'] as object), ...metadata } };
  return { ...review, request: { ...review.request, object: changed } };
}

function withSpec(review: Review, spec: object): Review {
  const { object } = review.request;
  const changed = { ...object, spec: { ...(object['spec'] as object), ...spec } };
  return { ...review, request: { ...review.request, object: changed } };
}

function withRequest(review: Review, parts: object): Review {
  return { ...review, request: { ...review.request, ...parts } };
}

test.each([
  ['a denied Pod', '05', (review: Review) => review, 'refused'],
  ['a Pod that is being deleted', '05', (review: Review) => withMetadata(review, DELETED), 'skipped'],
  ['a mirror of a static Pod', '05', (review: Review) => withMetadata(review, MIRROR), 'skipped'],
  ['a Windows Pod', '05', (review: Review) => withSpec(review, { os: { name: 'windows' } }), 'skipped'],
  ['a broken Pod', '05', (review: Review) => withSpec(review, { containers: 'none' }), 'undecided'],
  ['a dry run', '05', (review: Review) => withRequest(review, { dryRun: true }), 'refused'],
  [
    'a deletion',
    '05',
    (review: Review) => withRequest(review, { operation: 'DELETE', object: null }),
    'skipped',
  ],
  ['a status', '05', (review: Review) => withRequest(review, { subResource: 'status' }), 'skipped'],
  [
    'a namespace never judged',
    '05',
    (review: Review) => withRequest(review, { namespace: 'kube-system' }),
    'skipped',
  ],
  ['a Deployment whose Pods would be denied', '01', (review: Review) => review, 'refused'],
  ['a Deployment that is being deleted', '01', (review: Review) => withMetadata(review, DELETED), 'skipped'],
  ['a broken Deployment', '01', (review: Review) => withSpec(review, { template: {} }), 'undecided'],
  ['a Deployment that a controller wrote', '01', (review: Review) => withMetadata(review, OWNED), 'admitted'],
])('%s', async (_case, start, change, outcome) => {
  const { asked, reviewed, item } = await answersTo(change(onStage(readReview(start))));
  expect(reviewed).toEqual(asked);
  expect(item?.outcome).toBe(outcome);
});
