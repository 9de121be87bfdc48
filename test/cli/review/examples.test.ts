import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FINDING_IDS } from '../../../src/policy/severity.ts';
import { putExampleImages, withRegistry } from '../../support/example-images.ts';
import { startReviewStage, type ReviewStage } from '../../support/review-stage.ts';

const FOLDER = join(import.meta.dirname, '..', '..', '..', 'manifests', 'examples', 'findings');
const FACTS = join(FOLDER, 'facts');

/** The first line of an example promises what comes of it: `# Refused, with handler-cannot-run-image.` */
const PROMISE = /^# (?<outcome>Admitted|Changed|Refused|Undecided)(?:, with (?<finding>[a-z-]+))?\.$/m;

/** And a later one may say where it holds. */
const SCENARIO = /^# In scenario (?<scenario>[a-z-]+) /m;

const examples = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => {
    const text = readFileSync(join(FOLDER, name), 'utf8');
    const { outcome = '', finding } = PROMISE.exec(text)?.groups ?? {};
    const { scenario = 'mixed' } = SCENARIO.exec(text)?.groups ?? {};
    return { name, id: name.replace(/\.yaml$/, ''), text, outcome: outcome.toLowerCase(), finding, scenario };
  });

let stage: ReviewStage;

beforeAll(async () => {
  stage = await startReviewStage({ images: putExampleImages });
});

afterAll(() => stage[Symbol.asyncDispose]());

test('there is an example for every finding, and for nothing else', () => {
  expect(examples.map(({ id }) => id).toSorted()).toEqual(FINDING_IDS.toSorted());
});

test('each speaks of its own finding; one cannot be shown without a fault of the network', () => {
  const others = examples.filter(({ id, finding }) => finding !== id).map(({ id }) => id);
  expect(others).toEqual(['wasm-image-without-runtime-class']);
});

test.each(examples)('$id: $outcome', async ({ name, text, outcome, finding, scenario }) => {
  const file = await stage.write(name, withRegistry(text, stage.host));
  const head = 'apiVersion: wasmgate.dev/v1alpha1\nkind: Configuration';
  const config = await stage.write('config.yaml', `${head}\npolicy: {scenario: ${scenario}}\n`);
  const { items } = await stage.report(['-f', file, '--facts', FACTS, '--config', config]);
  const ids = items.flatMap(({ findings }) => findings.map(({ id }) => id));
  expect(items.map((item) => item.outcome)).toEqual([outcome]);
  expect(ids).toEqual(finding === undefined ? [] : expect.arrayContaining([finding]));
});
