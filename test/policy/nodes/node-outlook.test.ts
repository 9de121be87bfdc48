import { expect, test } from 'vitest';
import { createClusterView } from '../../../src/kubernetes/cluster.ts';
import type { ClusterNode, RuntimeClass } from '../../../src/pod/cluster-objects.ts';
import type { ClusterView } from '../../../src/policy/facts.ts';
import { classOutlook } from '../../../src/policy/nodes/node-outlook.ts';
import { node, runtimeClass } from '../../support/pod/pods.ts';

/** Classes that select by different label keys, one for each node. */
const COUNT = 100;
const CLASSES = Array.from({ length: COUNT }, (_, index) =>
  runtimeClass(`class-${index}`, { nodeSelector: { [`key-${index}`]: 'yes' } }),
);

/** Nodes that count how often their labels are read. */
function countingNodes(): { readonly nodes: readonly ClusterNode[]; readonly reads: () => number } {
  let reads = 0;
  const nodes = CLASSES.map((_, index): ClusterNode => {
    const { labels: _labels, ...rest } = node(`n${index}`, { handlers: ['wasmtime'] });
    return {
      ...rest,
      get labels() {
        reads += 1;
        return { [`key-${index}`]: 'yes' };
      },
    };
  });
  return { nodes, reads: () => reads };
}

function selectedBy(view: ClusterView, classes: readonly RuntimeClass[]): readonly string[] {
  return classes.flatMap((one) => classOutlook(view, one).within.map(({ name }) => name));
}

test('the labels of nodes are not read again when a class changes, whatever the number of keys', () => {
  const { nodes, reads } = countingNodes();
  const view = createClusterView(CLASSES, nodes);
  const names = nodes.map(({ name }) => name);
  expect(selectedBy(view, CLASSES)).toEqual(names);
  const before = reads();
  const changed = CLASSES.map((one) => ({ ...one, overhead: { memory: '8Mi' } }));
  expect(selectedBy({ ...view, runtimeClasses: changed }, changed)).toEqual(names);
  expect(reads()).toBe(before);
});
