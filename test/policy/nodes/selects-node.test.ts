import { describe, expect, test } from 'vitest';
import type { NodeSelectorTerm, PodSpec } from '../../../src/pod/pod.ts';
import { hasOwnSelection, nodeSelection, onlyNodeOf } from '../../../src/policy/nodes/selects-node.ts';
import { node, pod } from '../../support/pod/pods.ts';

const N1 = node('n1', { labels: { zone: 'a', cores: '8' } });

function affinity(...nodeSelectorTerms: readonly NodeSelectorTerm[]): Partial<PodSpec> {
  const requiredDuringSchedulingIgnoredDuringExecution = { nodeSelectorTerms };
  return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution } } };
}

function expression(
  operator: string,
  values: readonly string[] | null = null,
  key = 'zone',
): Partial<PodSpec> {
  return affinity({ matchExpressions: [{ key, operator, values }] });
}

const zoneA = { key: 'zone', operator: 'In', values: ['a'] };
const zoneB = { key: 'zone', operator: 'In', values: ['b'] };
const name = (value: string) => ({
  matchFields: [{ key: 'metadata.name', operator: 'In', values: [value] }],
});

test.each<[string, Partial<PodSpec>, string | null]>([
  ['no selection', {}, null],
  ['bound', { nodeName: 'n1', ...affinity(name('n2')) }, 'n1'],
  ['the field that DaemonSets use', affinity(name('n1')), 'n1'],
  ['… and a label', affinity({ ...name('n1'), matchExpressions: [zoneB] }), 'n1'],
  ['… or a label', affinity(name('n1'), { matchExpressions: [zoneA] }), null],
  ['a label', affinity({ matchExpressions: [zoneA] }), null],
  ['no terms', affinity(), null],
])('the only node that a Pod selects: %s', (_case, spec, only) => {
  expect(onlyNodeOf(pod({ containers: [], spec }).spec)).toBe(only);
});

describe('a node with labels zone=a, cores=8', () => {
  test.each<[string, Partial<PodSpec>, boolean]>([
    ['no selection', {}, true],
    ['its label', { nodeSelector: { zone: 'a' } }, true],
    ['another value', { nodeSelector: { zone: 'b' } }, false],
    ['a label that it does not have', { nodeSelector: { pool: 'a' } }, false],
    ['bound to it', { nodeName: 'n1', nodeSelector: { zone: 'b' } }, true],
    ['bound to another', { nodeName: 'n2' }, false],
    ['In', expression('In', ['b', 'a']), true],
    ['In with other values only', expression('In', ['b']), false],
    ['In of a label that it does not have', expression('In', ['a'], 'pool'), false],
    ['NotIn', expression('NotIn', ['b']), true],
    ['NotIn with its value', expression('NotIn', ['a']), false],
    ['NotIn of a label that it does not have', expression('NotIn', ['a'], 'pool'), true],
    ['Exists', expression('Exists'), true],
    ['Exists of a label that it does not have', expression('Exists', null, 'pool'), false],
    ['DoesNotExist', expression('DoesNotExist'), false],
    ['DoesNotExist of a label that it does not have', expression('DoesNotExist', null, 'pool'), true],
    ['Gt', expression('Gt', ['4'], 'cores'), true],
    ['Gt of the same value', expression('Gt', ['8'], 'cores'), false],
    ['Lt', expression('Lt', ['10'], 'cores'), true],
    ['Lt of a value that is not a number', expression('Lt', ['10'], 'zone'), false],
    ['an operator of a newer Kubernetes', expression('Near', ['a']), true],
    [
      'all expressions of a term match',
      affinity({ matchExpressions: [zoneA, { key: 'cores', operator: 'Exists' }] }),
      true,
    ],
    ['only one expression of a term matches', affinity({ matchExpressions: [zoneA, zoneB] }), false],
    [
      'one of two terms matches',
      affinity({ matchExpressions: [zoneB] }, { matchExpressions: [zoneA] }),
      true,
    ],
    ['an empty term', affinity({}), false],
    ['no terms', affinity(), false],
    ['the field that DaemonSets use', affinity(name('n1')), true],
    ['… of another node', affinity(name('n2')), false],
    ['field and label', affinity({ ...name('n1'), matchExpressions: [zoneB] }), false],
    [
      'selector and affinity',
      { nodeSelector: { zone: 'b' }, ...affinity({ matchExpressions: [zoneA] }) },
      false,
    ],
    ['a preference', { affinity: { nodeAffinity: null } }, true],
  ])('%s', (_case, spec, expected) => {
    expect(nodeSelection(pod({ spec }))(N1)).toBe(expected);
  });
});

test.each<[string, Partial<PodSpec>, boolean]>([
  ['nothing', {}, false],
  ['null', { nodeSelector: null, nodeName: null, affinity: null }, false],
  ['no required affinity', { affinity: { nodeAffinity: {} } }, false],
  ['a selector', { nodeSelector: { zone: 'a' } }, true],
  ['a node', { nodeName: 'n1' }, true],
  ['affinity', affinity(name('n1')), true],
])('a Pod restricts its nodes: %s', (_case, spec, expected) => {
  expect(hasOwnSelection(pod({ spec }))).toBe(expected);
});
