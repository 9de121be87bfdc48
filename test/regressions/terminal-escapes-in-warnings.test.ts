import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createFixedCluster } from '../../src/kubernetes/fixed-cluster.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import type { Mode } from '../../src/policy/mode.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { assembleAssess } from '../../src/wire/assemble-assess.ts';
import { FACTS, startReviewStage, type ReviewStage } from '../support/cli/review-stage.ts';
import { settings } from '../support/pod/pods.ts';
import { createTestClient } from '../support/registry/registry-client.ts';
import { startWebhook } from '../support/server/webhook.ts';

/** Clears the screen with a 7-bit and an 8-bit sequence, reverses the text direction, and starts a new line. */
const TRICKS = '\u001b[2J\u009b2J\u202e\u2066\u2028\nError from server: all is well';
// oxlint-disable-next-line no-control-regex
const OBEYED = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

const resources = new AsyncDisposableStack();
let stage: ReviewStage;
beforeAll(async () => {
  stage = resources.use(await startReviewStage());
});
afterAll(() => resources.disposeAsync());

async function startWholeWebhook(mode: Mode) {
  const facts = parseAllDocuments(FACTS).map((document) => document.toJS() as JsonObject);
  const registry = resources.use(createTestClient([stage]));
  const logger = createLogger({ level: 'error', destination: new PassThrough() });
  const parts = { ...createFixedCluster(facts, 'default'), registry, logger, namespace: 'wasmgate-system' };
  return startWebhook({ assess: assembleAssess(parts, { policy: settings({ mode }) }) });
}

/** Its class cannot run any of its containers, and every name holds control characters. */
function podOfTricks(): object {
  const names = Array.from({ length: 40 }, (_, index) => `app${index}${TRICKS}${'long '.repeat(60)}`);
  const image = `${stage.host}/corpus/spin-v2-app`;
  return {
    metadata: { annotations: { 'wasmgate.dev/resource-tier': `tier${TRICKS}` } },
    spec: { runtimeClassName: 'wasmtime', containers: names.map((name) => ({ name, image })) },
  };
}

test.each([
  ['of a template', { group: 'apps', version: 'v1', kind: 'Deployment' }, 'enforce'],
  ['of a Pod in mode warn', { group: '', version: 'v1', kind: 'Pod' }, 'warn'],
  ['of a Pod in mode audit', { group: '', version: 'v1', kind: 'Pod' }, 'audit'],
] as const)('a manifest cannot control the terminal through the warnings %s', async (_case, kind, mode) => {
  await using webhook = await startWholeWebhook(mode);
  const object = kind.kind === 'Pod' ? podOfTricks() : { spec: { template: podOfTricks() } };
  const request = { uid: '1', kind, operation: 'CREATE', namespace: 'default', object };
  const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };
  const answer = await webhook.ask('/validate', review);
  expect(answer).toMatchObject({ allowed: true });
  const warnings = answer['warnings'] as readonly string[];
  expect(warnings.some((text) => text.includes('[2J'))).toBe(true);
  expect(warnings.filter((text) => OBEYED.test(text))).toEqual([]);
  expect(warnings.length).toBeLessThanOrEqual(4);
  // The API server cuts each at 256.
  expect(Math.max(...warnings.map((text) => Array.from(text).length))).toBeLessThanOrEqual(256);
  expect(Object.values(answer['auditAnnotations'] as object).join('')).not.toMatch(OBEYED);
});

test('nor through the warning about an unreadable file', async () => {
  await using webhook = await startWholeWebhook('enforce');
  const object = { metadata: { annotations: { [TRICKS]: 5 } }, spec: { containers: [] } };
  const kind = { group: '', version: 'v1', kind: 'Pod' };
  const request = { uid: '1', kind, operation: 'CREATE', namespace: 'default', object };
  const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };
  const { warnings } = await webhook.ask('/validate', review);
  expect(warnings).toEqual([expect.stringContaining('all is well')]);
  expect((warnings as readonly string[]).join('')).not.toMatch(OBEYED);
});
