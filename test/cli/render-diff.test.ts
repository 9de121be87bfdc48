import { expect, test } from 'vitest';
import { renderDiff } from '../../src/cli/render-diff.ts';

const page = { columns: 80, width: 80, paint: (_style: unknown, text: string) => text };
const LETTERS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];

/** Diffs two lists, each item of which is a line of YAML such as `- a`. */
function diff(before: readonly string[], after: readonly string[]): readonly string[] {
  return renderDiff(page, before, after).map((line) => line.replace(/^(.)- /, '$1'));
}

function withLine(index: number, ...lines: readonly string[]): readonly string[] {
  return LETTERS.toSpliced(index, 1, ...lines);
}

// The expected hunks are what GNU diff 3.8 -u prints.
test.each([
  ['equal lists', LETTERS, []],
  ['an addition at the end', [...LETTERS, 'k'], ['@@ -8,3 +8,4 @@', ' h', ' i', ' j', '+k']],
  ['an addition at the start', ['_', ...LETTERS], ['@@ -1,3 +1,4 @@', '+_', ' a', ' b', ' c']],
  [
    'one line replaced by two: removed lines precede added ones',
    withLine(4, 'x', 'z'),
    ['@@ -2,7 +2,8 @@', ' b', ' c', ' d', '-e', '+x', '+z', ' f', ' g', ' h'],
  ],
  [
    'two hunks for distant changes',
    [...withLine(0, 'x'), 'k'],
    ['@@ -1,4 +1,4 @@', '-a', '+x', ' b', ' c', ' d', '@@ -8,3 +8,4 @@', ' h', ' i', ' j', '+k'],
  ],
  [
    'one hunk for close changes',
    withLine(1, 'x').toSpliced(8, 1, 'z'),
    ['@@ -1,10 +1,10 @@', ' a', '-b', '+x', ' c', ' d', ' e', ' f', ' g', ' h', '-i', '+z', ' j'],
  ],
])('%s', (_case, after, expected) => {
  expect(diff(LETTERS, after)).toEqual(expected);
});

test('a Pod with 256 changed containers has a diff', () => {
  const containers = Array.from({ length: 256 }, (_, index) => ({
    name: `c${index}`,
    image: `app:${index}`,
  }));
  const resources = { requests: { cpu: '50m', memory: '16Mi' }, limits: { cpu: '200m', memory: '64Mi' } };
  const changed = containers.map((container) => ({ ...container, command: ['/'], resources }));
  const added = renderDiff(page, containers, changed).filter((line) => line.startsWith('+'));
  expect(added.length).toBe(256 * 9);
});

test('lists of five thousand different lines end in a notice, not in minutes of work', () => {
  const lines = (prefix: string) => Array.from({ length: 5000 }, (_, index) => `${prefix}${index}`);
  expect(renderDiff(page, lines('a'), lines('b'))).toEqual([
    'Too many changes for a diff; -o patch lists them.',
  ]);
}, 60_000);
