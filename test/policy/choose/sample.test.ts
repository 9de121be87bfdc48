import { describe, expect, test } from 'vitest';
import type { Container } from '../../../src/pod/pod.ts';
import { sampleOf } from '../../../src/policy/choose/sample.ts';
import type { Finding } from '../../../src/policy/decision.ts';
import { evaluate } from '../../../src/policy/evaluate.ts';
import { isWasmContainer, type PodFacts } from '../../../src/policy/facts.ts';
import { linux } from '../../support/image/image-facts.ts';
import { fc } from '../../support/lib/properties.ts';
import { cluster, limitRange, pod, podFacts, settings, type PodSketch } from '../../support/pod/pods.ts';
import { IMAGES, situations } from '../choice-situations.ts';

function sample(sketch: PodSketch, parts: Partial<PodFacts> = {}) {
  const images = { app: linux('/app.wasm'), other: linux('/app.wasm') };
  const facts = podFacts(pod(sketch), images, cluster([]), parts);
  const wasmContainers = facts.containers.filter(isWasmContainer);
  const { context, countOf } = sampleOf({ ...facts, settings: settings(), wasmContainers });
  expect(context.wasmContainers).toEqual(context.containers);
  const findingIn = (name: string | null): Finding => ({
    id: 'tty-unsupported',
    container: name,
    detail: '',
    advice: '',
  });
  return context.containers.map(({ container: { name } }) => [name, countOf(findingIn(name))]);
}

const APP = { image: 'app' };

describe('a sample has one', () => {
  test('container of three that differ in their names', () => {
    const containers = [APP, { ...APP, tty: true }, APP, { image: 'other' }, APP];
    expect(sample({ containers })).toEqual([
      ['c0', 3],
      ['c1', 1],
      ['c3', 1],
    ]);
  });

  test.each<[string, Partial<Container>]>([
    ['tty', { tty: true }],
    ['command', { command: ['/other.wasm'] }],
    ['probes', { livenessProbe: { exec: { command: ['true'] } } }],
    ['resources', { resources: { limits: { memory: '1Gi' } } }],
    ['mounts', { volumeMounts: [{ mountPath: '/data' }] }],
  ])('container of each %s', (_field, parts) => {
    expect(sample({ containers: [APP, { ...APP, ...parts }] })).toHaveLength(2);
  });

  test('main and one init container', () => {
    expect(sample({ containers: [APP, APP], init: [APP] })).toEqual([
      ['i0', 1],
      ['c0', 2],
    ]);
  });
});

describe('a sample has all containers', () => {
  test('if a LimitRange bounds their sum', () => {
    const limitRanges = [limitRange('pods', { type: 'Pod', max: { memory: '1Gi' } })];
    expect(sample({ containers: [APP, APP] }, { limitRanges })).toHaveLength(2);
  });

  test('if the Pod bounds their sum', () => {
    const spec = { resources: { limits: { memory: '1Gi' } } };
    expect(sample({ containers: [APP, APP], spec })).toHaveLength(2);
  });

  test('if two that differ have one name', () => {
    const containers = [{ ...APP, name: 'a' }, APP, { ...APP, name: 'a', tty: true }];
    expect(sample({ containers })).toHaveLength(3);
  });
});

test('a sample leads to the choice that all containers lead to', () => {
  const copies = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(situations, copies, ({ pod: one, classes, nodes, policy }, counts) => {
      const containers = one.spec.containers.flatMap((container, index) =>
        Array.from({ length: counts[index] ?? 1 }, (_, copy) => ({
          ...container,
          name: `c${index}-${copy}`,
        })),
      );
      const choose = (rename: (container: Container) => Container) => {
        const renamed = { ...one, spec: { ...one.spec, containers: containers.map(rename) } };
        const facts = podFacts(renamed, IMAGES, cluster(classes, nodes));
        const { findings, runtimeClass } = evaluate(facts, settings(policy));
        return { ids: findings.map(({ id }) => id), runtimeClass };
      };
      // Names that are not unique prevent a sample.
      expect(choose((container) => container)).toEqual(
        choose((container) => ({ ...container, name: 'same' })),
      );
    }),
    { numRuns: 300 },
  );
});
