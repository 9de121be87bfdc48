import { expect, test } from 'vitest';
import { readReview } from '../../support/admission/reviews.ts';
import { useReviewStage } from '../../support/cli/review-stage.ts';

const stage = useReviewStage();

const REFUSING = '{apiVersion: wasmgate.dev/v1alpha1, kind: Configuration, policy: {refuseTemplates: true}}';
const TELLING = '{apiVersion: wasmgate.dev/v1alpha1, kind: Configuration}';
const OWNER = '{apiVersion: apps/v1, kind: Deployment, name: web, uid: u, controller: true}';

/** A workload with Pods that their class cannot run. */
function workload(kind: string, metadata = ''): string {
  const pod = '{runtimeClassName: wasmtime, containers: [{name: app, image: REGISTRY/corpus/spin-v2-app}]}';
  return `{apiVersion: apps/v1, kind: ${kind}, metadata: {name: web${metadata}}, spec: {template: {spec: ${pod}}}}`;
}

const CONTROLLED = workload('ReplicaSet', `, ownerReferences: [${OWNER}]`);

test.each([
  ['a Deployment, which is admitted', workload('Deployment'), TELLING, 'refused', 'pods', 1],
  ['a Deployment, which is not', workload('Deployment'), REFUSING, 'refused', 'object', 1],
  ['a ReplicaSet that a user wrote', workload('ReplicaSet'), TELLING, 'refused', 'pods', 1],
  ['a ReplicaSet that a controller wrote', CONTROLLED, TELLING, 'admitted', 'pods', 0],
  ['the same if templates are denied', CONTROLLED, REFUSING, 'admitted', 'pods', 0],
])('Pods that would be denied, of %s', async (_case, text, configuration, outcome, refuses, code) => {
  const file = await stage.write('workload.yaml', text);
  const config = await stage.write('config.yaml', configuration);
  const args = ['-f', file, '--facts', stage.facts, '--config', config];
  const { items } = await stage.report(args);
  expect(items).toMatchObject([{ outcome, refuses, findings: [{ id: 'handler-cannot-run-image' }] }]);
  const { exitCode, stdout } = await stage.review([...args, '-o', 'admissionreview']);
  expect(exitCode).toBe(code);
  // The API server's response only covers the object itself.
  expect(JSON.parse(stdout)).toMatchObject({ response: { allowed: refuses !== 'object' } });
});

test.each([
  [workload('Deployment'), 'note wasmgate would admit the Deployment with warnings, and deny its Pods'],
  [
    CONTROLLED,
    'note wasmgate would deny its Pods; a controller created this ReplicaSet, so fix the object that it belongs to',
  ],
])('the table explains it: %#', async (text, words) => {
  const file = await stage.write('workload.yaml', text);
  const { stdout } = await stage.review(['-f', file, '--facts', stage.facts]);
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain(words);
});

test.each(['16', '17'])(
  'without RuntimeClasses, review %s leaves open what a named class runs',
  async (start) => {
    const text = JSON.stringify(readReview(start), (key, value: unknown) => {
      if (key === 'image')
        return value === 'registry.example/greeter:1.0'
          ? 'REGISTRY/corpus/linux-plain'
          : 'REGISTRY/corpus/bk-wasi-wasm';
      return isPodSpec(value) ? { ...value, runtimeClassName: 'some' } : value;
    });
    const file = await stage.write('review.json', text);
    const { items } = await stage.report(['-f', file]);
    expect(items).toMatchObject([{ outcome: 'undecided', findings: [] }]);
    const none = await stage.report(['-f', file, '--facts', stage.facts]);
    expect(none.items[0]?.outcome).not.toBe('undecided');
  },
);

function isPodSpec(value: unknown): value is object {
  return typeof value === 'object' && value !== null && 'containers' in value;
}
