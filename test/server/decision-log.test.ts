import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { parseReview } from '../../src/admission/review.ts';
import type { DecidedAssessment } from '../../src/assess/assessment.ts';
import { createDecisionLog, DECISION_LOG_LIMITS } from '../../src/server/decision-log.ts';
import { readReview } from '../support/admission/reviews.ts';
import { answering, CANNOT_RUN, decided, ON_NO_NODE, SET_CLASS } from '../support/assess/assessments.ts';
import { startWebhook, type Webhook } from '../support/server/webhook.ts';

const CONTAINERS = [
  {
    kind: 'main',
    path: '/spec/containers/0',
    container: { name: 'app' },
    image: 'registry.example/app:1',
    facts: null,
    isSkipped: false,
    verdict: { kind: 'container', evidence: [] },
  },
] as const;

const CHANGED = decided({ containers: CONTAINERS, findings: [ON_NO_NODE], changes: [SET_CLASS] });
const DENIED = decided({ containers: CONTAINERS, findings: [CANNOT_RUN, ON_NO_NODE], changes: [SET_CLASS] });

/** What the server logged after its last answer. */
async function linesOf({ log }: Webhook): Promise<readonly Record<string, unknown>[]> {
  await turn();
  return log.map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function logOf(path: string, file: string, assessment: DecidedAssessment, options = {}) {
  const { assess } = answering(assessment);
  await using webhook = await startWebhook({ assess, ...options });
  await webhook.ask(path, readReview(file));
  return linesOf(webhook);
}

const UID = expect.stringMatching(/^[0-9a-f-]{36}$/);
const LINE = {
  level: 'info',
  time: expect.any(String),
  uid: UID,
  kind: 'Pod',
  namespace: expect.stringMatching(/./),
  images: ['registry.example/app:1'],
  class: 'wasmtime',
  mode: 'enforce',
  durationMs: expect.any(Number),
};

test('a changed Pod gets one line, with every field', async () => {
  const lines = await logOf('/mutate', '03', CHANGED);
  expect(lines).toEqual([
    {
      ...LINE,
      msg: 'admission changed',
      outcome: 'changed',
      // The API server generates the name between the two webhooks.
      generateName: expect.stringMatching(/^greeter-/),
      owner: expect.stringMatching(/^ReplicaSet\/greeter-/),
      findings: ['handler-on-no-node'],
      changes: ['/spec/runtimeClassName'],
    },
  ]);
  expect(lines[0]?.['uid']).toBe(readReview('03').request.uid);
});

test('a denied Pod gets one line, from the validating webhook only', async () => {
  const { assess } = answering(DENIED);
  await using webhook = await startWebhook({ assess });
  await webhook.ask('/mutate', readReview('03'));
  await webhook.ask('/validate', readReview('05'));
  expect(await linesOf(webhook)).toEqual([
    {
      ...LINE,
      msg: 'admission denied',
      outcome: 'denied',
      name: expect.stringMatching(/^greeter-/),
      owner: expect.stringMatching(/^ReplicaSet\/greeter-/),
      findings: ['handler-cannot-run-image', 'handler-on-no-node'],
    },
  ]);
});

test('a Pod without a name yet is logged by what its name begins with, and a dry run as one', async () => {
  const { request, ...envelope } = readReview('05');
  const object = { metadata: { generateName: 'greeter-' }, spec: { containers: [] } };
  const review = { ...envelope, request: { ...request, name: '', dryRun: true, object } };
  const { assess } = answering(DENIED);
  await using webhook = await startWebhook({ assess });
  await webhook.ask('/validate', review);
  const [line] = await linesOf(webhook);
  expect(line).toMatchObject({ generateName: 'greeter-', dryRun: true });
  expect(line).not.toHaveProperty('name');
  expect(line).not.toHaveProperty('owner');
});

test('a denied Deployment is logged by its own kind', async () => {
  expect(await logOf('/validate', '01', DENIED)).toMatchObject([{ kind: 'Deployment', outcome: 'denied' }]);
});

test.each([
  ['changes', decided({ mode: 'audit', containers: CONTAINERS, changes: [SET_CLASS] }), 'would-change'],
  ['denial', decided({ mode: 'audit', findings: [CANNOT_RUN], changes: [SET_CLASS] }), 'would-deny'],
  ['denial in mode warn', decided({ mode: 'warn', findings: [CANNOT_RUN] }), 'would-deny'],
] as const)(
  'a withheld %s of a Pod gets a line, that of a workload none',
  async (_case, assessment, outcome) => {
    const changes = outcome === 'would-change' ? { changes: ['/spec/runtimeClassName'] } : {};
    const lines = await logOf('/validate', '05', assessment);
    expect(lines).toMatchObject([{ msg: `admission ${outcome}`, outcome, kind: 'Pod', ...changes }]);
    expect(lines[0] !== undefined && 'changes' in lines[0]).toBe(outcome === 'would-change');
    expect(await logOf('/validate', '01', assessment)).toEqual([]);
  },
);

test.each([
  ['a Pod that needs no change', '/mutate', '03', decided({ containers: CONTAINERS })],
  ['an admitted Pod', '/validate', '05', CHANGED],
  ['a denial that does not bind', '/validate', '01', { ...DENIED, isBinding: false }],
] as const)('%s gets no line', async (_case, path, file, assessment) => {
  expect(await logOf(path, file, assessment)).toEqual([]);
});

test.each([
  ['log.decisions is off', { app: { logsDecisions: () => false } }],
  ['the level is above info', { logLevel: 'warn' }],
])('nothing is logged if %s', async (_case, options) => {
  expect(await logOf('/mutate', '03', CHANGED, options)).toEqual([]);
  expect(await logOf('/validate', '05', DENIED, options)).toEqual([]);
});

test('log.decisions counts from the next admission on', async () => {
  let isOn = false;
  const { assess } = answering(CHANGED);
  await using webhook = await startWebhook({ assess, app: { logsDecisions: () => isOn } });
  await webhook.ask('/mutate', readReview('03'));
  isOn = true;
  await webhook.ask('/mutate', readReview('03'));
  expect(await linesOf(webhook)).toHaveLength(1);
});

const request = parseReview(readReview('05'));

function decisionIn(namespace: string, assessment = DENIED) {
  const pod = { spec: { containers: [] } };
  const of = { ...request, namespace };
  return { request: of, pod, assessment, outcome: 'denied', milliseconds: 1.23456 } as const;
}

/** A log with a clock of its own. */
function createLog() {
  const lines: Record<string, unknown>[] = [];
  const write = (fields: object, msg: string) => void lines.push({ ...fields, msg });
  const clock = { now: 0 };
  const log = createDecisionLog({ info: write, warn: write }, () => clock.now);
  return { log, lines, clock };
}

test('a line is written after the answer', async () => {
  const { log, lines } = createLog();
  log(decisionIn('team-a'));
  expect(lines).toEqual([]);
  await turn();
  expect(lines).toMatchObject([{ namespace: 'team-a', durationMs: 1.235 }]);
});

test('the lines of a second are bounded, for each namespace and for all, and the rest is counted', async () => {
  const { linesPerSecond, linesOfNamespace } = DECISION_LOG_LIMITS;
  const { log, lines, clock } = createLog();
  for (let index = 0; index < 1000; index += 1) log(decisionIn('greedy'));
  for (let index = 0; index < 1000; index += 1) log(decisionIn(`team-${index}`));
  await turn();
  expect(lines.filter(({ namespace }) => namespace === 'greedy')).toHaveLength(linesOfNamespace);
  expect(lines).toHaveLength(linesPerSecond);
  clock.now = 1000;
  log(decisionIn('greedy'));
  await turn();
  expect(lines.slice(linesPerSecond)).toMatchObject([
    { dropped: 2000 - linesPerSecond, msg: 'too many decisions to log each; metrics count them all' },
    { namespace: 'greedy' },
  ]);
});

test('a line of the largest Pod is short, clean and without credentials', async () => {
  const { log, lines } = createLog();
  const containers = Array.from({ length: 256 }, (_, index) => ({
    ...CONTAINERS[0],
    image: `https://user:hunter2@registry.example/${index}\u001b[2J\n${'x'.repeat(100_000)}`,
  }));
  log(decisionIn('n'.repeat(1_000_000), { ...DENIED, containers }));
  await turn();
  const text = JSON.stringify(lines);
  expect(text.length).toBeLessThan(8 * 1024);
  expect(text).toContain('registry.example/15');
  expect(text).not.toMatch(/hunter2|\\u001b|\\n/);
});

test('manifests/README.md documents every field', async () => {
  const manual = readFileSync(join(import.meta.dirname, '..', '..', 'manifests', 'README.md'), 'utf8');
  const section = /\n## Log\n(.*?)\n## /s.exec(manual)?.[1] ?? '';
  const fields = new Set((await logOf('/mutate', '03', CHANGED)).flatMap((line) => Object.keys(line)));
  for (const field of [...fields, 'generateName', 'dryRun']) expect(section).toContain(`\`${field}\``);
  expect(section).toContain('log.decisions');
});
