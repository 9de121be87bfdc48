import { expect, test } from 'vitest';
import { unifiedDiff } from '../../src/cli/unified-diff.ts';

const MARKS = { same: ' ', added: '+', removed: '-', hunk: '' } as const;

function show(before: readonly string[], after: readonly string[]): readonly string[] {
  return unifiedDiff(before.join('\n'), after.join('\n')).map(({ kind, text }) => `${MARKS[kind]}${text}`);
}

const LETTERS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];

function withLine(index: number, ...lines: readonly string[]): readonly string[] {
  return LETTERS.toSpliced(index, 1, ...lines);
}

// The expected hunks are what GNU diff 3.8 -u prints.
test.each([
  ['the same', LETTERS, []],
  ['added at the end', [...LETTERS, 'k'], ['@@ -8,3 +8,4 @@', ' h', ' i', ' j', '+k']],
  ['added at the start', ['0', ...LETTERS], ['@@ -1,3 +1,4 @@', '+0', ' a', ' b', ' c']],
  [
    'replaced by two: what goes stands before what comes',
    withLine(4, 'x', 'y'),
    ['@@ -2,7 +2,8 @@', ' b', ' c', ' d', '-e', '+x', '+y', ' f', ' g', ' h'],
  ],
  [
    'far apart: two hunks',
    [...withLine(0, 'x'), 'k'],
    ['@@ -1,4 +1,4 @@', '-a', '+x', ' b', ' c', ' d', '@@ -8,3 +8,4 @@', ' h', ' i', ' j', '+k'],
  ],
  [
    'near: one hunk',
    withLine(1, 'x').toSpliced(8, 1, 'y'),
    ['@@ -1,10 +1,10 @@', ' a', '-b', '+x', ' c', ' d', ' e', ' f', ' g', ' h', '-i', '+y', ' j'],
  ],
])('%s', (_case, after, expected) => {
  expect(show(LETTERS, after)).toEqual(expected);
});
