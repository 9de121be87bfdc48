import { expect, test } from 'vitest';
import type { ClusterNode } from '../../src/pod/cluster-objects.ts';
import type { PodSpec } from '../../src/pod/pod.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { linux } from '../support/image/image-facts.ts';
import { cluster, node, pod, podFacts, runtimeClass, settings } from '../support/pod/pods.ts';

const MANY = 30_000;

const TAINTS = ['a', 'b'].map((key) => ({ key, value: '1', effect: 'NoSchedule' }));
const NODES = Array.from({ length: 1000 }, (_, index): ClusterNode => {
  return node(`n${index}`, { labels: { zone: 'a' }, handlers: ['wasmtime'], taints: TAINTS });
});
const VIEW = cluster(
  ['wasmtime', 'wasmedge', 'crun'].map((name) => runtimeClass(name)),
  NODES,
);

function many<Item>(make: (index: number) => Item): readonly Item[] {
  return Array.from({ length: MANY }, (_, index) => make(index));
}

function affinity(nodeSelectorTerms: readonly object[]): Partial<PodSpec> {
  return {
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
  };
}

const isIn = (values: readonly string[]) => ({ key: 'zone', operator: 'In', values });

/** Each was compared with every node, for every class: for up to eighteen seconds the process answered no other request. */
test.for<readonly [name: string, spec: Partial<PodSpec>]>([
  ['labels in its nodeSelector', { nodeSelector: Object.fromEntries(many((index) => [`k${index}`, 'v'])) }],
  ['tolerations', { tolerations: many((index) => ({ key: `k${index}`, operator: 'Exists' })) }],
  ['terms', affinity(many((index) => ({ matchExpressions: [isIn([`v${index}`])] })))],
  ['requirements', affinity([{ matchExpressions: many(() => isIn(['a'])) }])],
  ['values', affinity([{ matchExpressions: [isIn(many((index) => `v${index}`))] }])],
])('a Pod with thousands of %s is decided about while others wait', ([, spec]) => {
  const facts = podFacts(pod({ containers: [{ image: 'app' }], spec }), { app: linux('/app.wasm') }, VIEW);
  for (let times = 0; times < 10; times++) {
    // A different Pod each time, because results are cached for each.
    const again = { ...facts, pod: { ...facts.pod, spec: { ...facts.pod.spec } } };
    expect(evaluate(again, settings()).runtimeClass.origin).toBe('chosen');
  }
});
