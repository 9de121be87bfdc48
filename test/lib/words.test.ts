import { expect, test } from 'vitest';
import { counted, enumerate, listSome } from '../../src/lib/words.ts';

test('counts with the right plural', () => {
  expect([counted(0, 'node'), counted(1, 'node'), counted(1000, 'node')]).toEqual([
    '0 nodes',
    '1 node',
    '1,000 nodes',
  ]);
  expect([counted(1, 'lacks', 'lack'), counted(2, 'lacks', 'lack')]).toEqual(['1 lacks', '2 lack']);
});

test('lists some names, and how many more there are', () => {
  expect(listSome(['a', 'b'], 2)).toBe('a, b');
  expect(listSome(['a', 'b', 'c', 'd'], 2)).toBe('a, b and 2 more');
});

test('enumerates words', () => {
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(enumerate)).toEqual(['', 'a', 'a and b', 'a, b and c']);
});
