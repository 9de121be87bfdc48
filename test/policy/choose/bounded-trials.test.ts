import { expect, test } from 'vitest';
import { evaluate } from '../../../src/policy/evaluate.ts';
import { rateFindings } from '../../../src/policy/rate-findings.ts';
import { linux } from '../../support/image/image-facts.ts';
import { cluster, node, pod, podFacts, runtimeClass, settings } from '../../support/pod/pods.ts';

/** Classes that select no node, more than wasmgate tries. */
const CLASSES = Array.from({ length: 40 }, (_, index) =>
  runtimeClass(`class-${index + 10}`, { handler: 'wasmtime', nodeSelector: { pool: `p${index}` } }),
);
const NODE = node('n1', { handlers: ['', 'crun', 'wasmtime'] });

test('tries the Pod without a class, even with more classes than it tries', () => {
  const facts = podFacts(pod(), { app: linux('/app.wasm') }, cluster(CLASSES, [NODE]));
  const policy = settings({ handlers: { '': { like: 'crun', annotationArrives: true } } });
  expect(evaluate(facts, policy)).toMatchObject({ runtimeClass: { origin: 'none' } });
});

test('tries the classes that the operator prefers, even with more classes than it tries', () => {
  const facts = podFacts(pod(), { app: linux('/app.wasm') }, cluster(CLASSES, [NODE]));
  const policy = settings({ preferRuntimeClasses: ['class-49'] });
  expect(evaluate(facts, policy).runtimeClass.class?.name).toBe('class-49');
});

test('computes alternatives once for all findings of a Pod', () => {
  let calls = 0;
  const finding = (container: string) => ({
    id: 'handler-cannot-run-image' as const,
    container,
    detail: '',
    advice: (names: readonly string[]) => names.join(', '),
  });
  const rated = rateFindings([finding('a'), finding('b')], { settings: settings() }, () => {
    calls += 1;
    return ['wasmtime'];
  });
  expect(rated.map(({ advice }) => advice)).toEqual(['wasmtime', 'wasmtime']);
  expect(calls).toBe(1);
});
