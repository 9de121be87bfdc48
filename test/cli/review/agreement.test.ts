import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import jsonPatch, { type Operation } from 'fast-json-patch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReportedItem } from '../../../src/audit/reported-item.ts';
import type { Report } from '../../../src/cli/review/report.ts';
import { createFixedCluster } from '../../../src/kubernetes/fixed-cluster.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import { assembleAssess } from '../../../src/wire/assemble-assess.ts';
import { readReview, withObject } from '../../support/admission/reviews.ts';
import { startReviewStage, type ReviewStage } from '../../support/cli/review-stage.ts';
import { objectsIn } from '../../support/e2e/example-cluster.ts';
import { putExampleImages, withRegistry } from '../../support/e2e/example-images.ts';
import { EXAMPLE_FACTS } from '../../support/e2e/examples.ts';
import { deployment, pod } from '../../support/kubernetes/objects.ts';
import { fc } from '../../support/lib/properties.ts';
import { settings } from '../../support/pod/pods.ts';
import { createTestClient } from '../../support/registry/registry-client.ts';
import { startWebhook, type Webhook } from '../../support/server/webhook.ts';

/** Fixed, so that failures can be reproduced. */
const SEED = 20_261_121;

const IMAGES = ['linux', 'module', 'component', 'spin-app', 'go-program', 'proxy-plugin', 'missing'] as const;
const CLASSES = ['runc', 'crun-wasm', 'wasmtime', 'wasmtime-reserved', 'wasmtime-spin-v2', 'wasmer', 'none'];

const optional = <Value>(values: readonly Value[]) =>
  fc.option(fc.constantFrom(...values), { nil: undefined });

const containers = fc.record({
  image: fc.constantFrom(...IMAGES).map((name) => `registry.example.com/examples/${name}:1`),
  command: optional([['/'], ['/app.wasm'], ['sh']]),
  tty: optional([true]),
  resources: optional([{}, { limits: { memory: '8Mi' } }, { limits: { cpu: '100m', memory: '256Mi' } }]),
});

const pods = fc.record({
  annotations: optional([{ 'module.wasm.image/variant': 'compat' }, { 'wasmgate.dev/resource-tier': 'ai' }]),
  spec: fc.record({
    runtimeClassName: optional(CLASSES),
    nodeSelector: optional([{ 'wasm-runtime': 'disabled' }]),
    hostUsers: optional([false]),
    containers: fc
      .array(containers, { minLength: 1, maxLength: 3 })
      .map((list) => list.map((container, index) => ({ name: `c${index}`, ...container }))),
  }),
});

const resources = new AsyncDisposableStack();
let stage: ReviewStage;
let webhook: Webhook;

beforeAll(async () => {
  stage = resources.use(await startReviewStage({ images: putExampleImages }));
  const registry = resources.use(createTestClient([stage]));
  const facts = readdirSync(EXAMPLE_FACTS).flatMap((name) =>
    objectsIn(readFileSync(join(EXAMPLE_FACTS, name), 'utf8')),
  );
  const ports = createFixedCluster(facts as unknown as readonly JsonObject[], 'default');
  const logger = createLogger({ level: 'error', destination: new PassThrough() });
  const parts = { ...ports, registry, logger, namespace: 'wasmgate-system' };
  webhook = resources.use(await startWebhook({ assess: assembleAssess(parts, { policy: settings() }) }));
});

afterAll(() => resources.disposeAsync());

test('webhook, review and the assessment of a template agree', async () => {
  const outcomes = new Set<string | undefined>();
  await fc.assert(
    fc.asyncProperty(pods, async (sketch) => {
      const { subject, template } = objectsOf(withRegistry(JSON.stringify(sketch), stage.host));
      const list = { apiVersion: 'v1', kind: 'List', items: [subject, template] };
      const args = ['-f', await stage.write('list.json', JSON.stringify(list)), '--facts', EXAMPLE_FACTS];
      const [ofPod, ofTemplate] = (await stage.report(args)).items;
      expect(answerOf(ofTemplate, 'spec.template.')).toEqual(answerOf(ofPod, ''));
      outcomes.add(ofPod?.outcome);

      const { stdout } = await stage.review([...args, '-o', 'admissionreview']);
      const [podAnswer, templateAnswer] = stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { readonly response: Answer }).response);
      expect(comparable(await askAboutPod(subject))).toEqual(comparable(podAnswer));
      expect(comparable(await askAbout('/validate', '01', template))).toEqual(comparable(templateAnswer));
    }),
    { numRuns: 100, seed: SEED },
  );
  expect(outcomes).toEqual(new Set(['admitted', 'changed', 'refused', 'undecided']));
});

/** Returns the same Pod twice: bare, and as a Deployment's template. */
function objectsOf(sketch: string): { readonly subject: object; readonly template: object } {
  const { annotations, spec } = JSON.parse(sketch) as {
    readonly annotations?: object;
    readonly spec: object;
  };
  const subject = pod('same', 'default', { metadata: { annotations }, spec });
  const { spec: workload, ...rest } = deployment('same', 'default', { spec });
  const metadata = { ...workload.template.metadata, annotations };
  const template = { ...workload.template, metadata };
  return { subject, template: { ...rest, spec: { ...workload, template } } };
}

interface Answer {
  readonly allowed: boolean;
  readonly patch?: string;
  readonly warnings?: readonly string[];
  readonly status?: { readonly message: string };
}

function askAbout(path: string, review: string, object: object): Promise<Answer> {
  return webhook.ask(path, withObject(readReview(review), object)) as unknown as Promise<Answer>;
}

/** Calls both webhooks in turn, as the API server does. */
async function askAboutPod(object: object): Promise<Answer> {
  const { patch } = await askAbout('/mutate', '03', object);
  const operations = patch === undefined ? [] : operationsOf(patch);
  const { newDocument } = jsonPatch.applyPatch(structuredClone(object), [...operations]);
  const answer = await askAbout('/validate', '03', newDocument);
  return { ...answer, ...(patch !== undefined && answer.allowed ? { patch } : {}) };
}

function operationsOf(patch: string): readonly Operation[] {
  return JSON.parse(Buffer.from(patch, 'base64').toString()) as Operation[];
}

function comparable(answer: Answer | undefined): object {
  const { allowed, patch, warnings = [], status } = answer ?? {};
  return {
    allowed,
    warnings,
    message: status?.message,
    operations: patch === undefined ? [] : operationsOf(patch),
  };
}

function answerOf(item: Report['items'][number] | undefined, prefix: string): Partial<ReportedItem> {
  if (item === undefined) throw new Error('it was not reviewed');
  const changes = item.changes.map((change) => ({ ...change, field: change.field.replace(prefix, '') }));
  const { outcome, runtimeClass, findings, images } = item;
  return { outcome, runtimeClass, findings, images, changes };
}
