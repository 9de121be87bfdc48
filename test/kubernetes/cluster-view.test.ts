import { expect, test } from 'vitest';
import { createClusterView } from '../../src/kubernetes/cluster.ts';
import {
  type ClusterNode,
  type LimitRange,
  type RuntimeClass,
  parseNode,
  parseRuntimeClass,
} from '../../src/pod/cluster-objects.ts';

const runtimeClass = (name: string): readonly RuntimeClass[] =>
  [parseRuntimeClass({ metadata: { name }, handler: name })].filter((parsed) => parsed !== null);

const node = (name: string, architecture: string, unschedulable = false): readonly ClusterNode[] => {
  const object = { metadata: { name }, spec: { unschedulable }, status: { nodeInfo: { architecture } } };
  return [parseNode(object)].filter((parsed) => parsed !== null);
};

test('classes are sorted and found by name', () => {
  const view = createClusterView(
    [...runtimeClass('b'), ...runtimeClass('__proto__'), ...runtimeClass('a')],
    [],
  );
  expect(view.runtimeClasses.map(({ name }) => name)).toEqual(['__proto__', 'a', 'b']);
  expect(view.runtimeClass('a')?.handler).toBe('a');
  expect(view.runtimeClass('toString')).toBeUndefined();
});

test('architectures exclude cordoned nodes and unknown ones', () => {
  const nodes = [
    ...node('1', 'arm64'),
    ...node('2', 'amd64'),
    ...node('3', 'arm64'),
    ...node('4', 's390x', true),
    ...node('5', ''),
  ];
  const view = createClusterView([], nodes);
  expect(view.architectures).toEqual(['amd64', 'arm64']);
  expect(view.nodes.length).toBe(5);
});

test('a view cannot be changed', () => {
  const view = createClusterView(runtimeClass('a'), node('1', 'amd64'));
  expect([view, view.runtimeClasses, view.nodes, view.architectures].every(Object.isFrozen)).toBe(true);
});

test('a view returns the same list of limit ranges of a namespace each time', () => {
  const limitRange = (name: string, namespace: string): LimitRange => ({ name, namespace, limits: [] });
  const view = createClusterView([], [], [limitRange('b', 'x'), limitRange('c', 'y'), limitRange('a', 'x')]);
  expect(view.limitRanges('x').map(({ name }) => name)).toEqual(['a', 'b']);
  expect(view.limitRanges('x')).toBe(view.limitRanges('x'));
  expect(view.limitRanges('none')).toEqual([]);
  expect(view.limitRanges('none')).toBe(view.limitRanges('toString'));
});
