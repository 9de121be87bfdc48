import { expect, test } from 'vitest';
import { nodeOfDaemonPod } from '../../src/pod/workloads.ts';

test.for([
  { names: ['a'], node: 'a' },
  { names: ['a', 'b'], node: null },
])('a Pod with node names $names belongs to node $node', ({ names, node }) => {
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: names }];
  const nodeAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] },
  };
  expect(nodeOfDaemonPod({ containers: [], affinity: { nodeAffinity } })).toBe(node);
});
