import { expect, test } from 'vitest';
import type { ClusterNode } from '../../../src/pod/cluster-objects.ts';
import { evaluate } from '../../../src/policy/evaluate.ts';
import { mostCores } from '../../../src/policy/resources/memory-floor.ts';
import { linux } from '../../support/image/image-facts.ts';
import { cluster, node, pod, podFacts, runtimeClass, settings } from '../../support/pod/pods.ts';

test.each<[string, readonly (string | number | null)[], number]>([
  ['no node', [], 64],
  ['one that does not report its CPU', ['4', null], 64],
  ['the largest', ['4', 16, '8'], 16],
  ['less than a core', ['500m'], 1],
])('cores of the largest node: %s', (_case, capacities, cores) => {
  expect(mostCores(capacities.map((cpuCapacity, index) => node(`n${index}`, { cpuCapacity })))).toBe(cores);
});

/** Reading it for each container took 1.5 to 2 s for a Pod with 256 containers in a cluster of 5,000 nodes. */
test("reads a node's capacity once for each state of the cluster", () => {
  let reads = 0;
  const nodes = Array.from({ length: 100 }, (_, index): ClusterNode => {
    return Object.defineProperty(node(`n${index}`, { handlers: ['wasmtime'] }), 'cpuCapacity', {
      get: () => {
        reads += 1;
        return '8';
      },
    });
  });
  const view = cluster([runtimeClass('wasmtime')], nodes);
  const containers = Array.from({ length: 256 }, () => ({ image: 'app' }));
  for (let times = 0; times < 3; times += 1) {
    const facts = podFacts(pod({ containers }), { app: linux('/app.wasm') }, view);
    expect(evaluate(facts, settings()).changes.length).toBeGreaterThan(256);
  }
  expect(reads).toBe(nodes.length);
});
