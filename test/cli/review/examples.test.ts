import { afterAll, beforeAll, expect, test } from 'vitest';
import { FINDING_IDS } from '../../../src/policy/finding-catalog.ts';
import { SCENARIOS } from '../../../src/policy/settings.ts';
import { startReviewStage, type ReviewStage } from '../../support/cli/review-stage.ts';
import { putExampleImages } from '../../support/e2e/example-images.ts';
import { findingExamples, reviewArguments, scenarioExamples } from '../../support/e2e/examples.ts';

let stage: ReviewStage;

beforeAll(async () => {
  stage = await startReviewStage({ images: putExampleImages });
});

afterAll(() => stage[Symbol.asyncDispose]());

test('there is an example for every finding, and no other', () => {
  expect(findingExamples.map(({ id }) => id).toSorted()).toEqual(FINDING_IDS.toSorted());
});

test('each shows its own finding, except one that needs a network failure', () => {
  const others = findingExamples.filter(({ id, expected }) => expected[0]?.finding !== id);
  expect(others.map(({ id }) => id)).toEqual(['wasm-image-without-runtime-class']);
});

test('there is an example for every scenario, and no other', () => {
  expect(scenarioExamples.map(({ id }) => id).toSorted()).toEqual(SCENARIOS.toSorted());
});

test.each([...findingExamples, ...scenarioExamples])('$id', async (example) => {
  const { expected } = example;
  const { items } = await stage.report(await reviewArguments(example, stage));
  const came = items.map(({ outcome, runtimeClass, findings }, index) => ({
    outcome,
    runtimeClass: expected[index]?.runtimeClass === undefined ? undefined : runtimeClass?.name,
    findings: findings.map(({ id }) => id),
  }));
  const wanted = expected.map(({ outcome, runtimeClass, finding }) => ({
    outcome,
    runtimeClass,
    findings: finding === undefined ? [] : expect.arrayContaining([finding]),
  }));
  expect(came).toEqual(wanted);
});

test('edge: the values that its comments mention', async () => {
  const example = scenarioExamples.find(({ id }) => id === 'edge');
  if (example === undefined) throw new Error('there is no such example');
  const { items } = await stage.report(await reviewArguments(example, stage));
  const resources = items.map(({ changes }) =>
    changes.filter(({ field }) => field.includes('.resources')).map(({ value }) => value),
  );
  expect(resources).toEqual([
    ['50m', '50m', '10Mi', '24Mi'],
    ['200m', '100Mi'],
    [],
    ['500m', '1', '128Mi', '512Mi'],
  ]);
});
