import { expect, test } from 'vitest';
import { child, isObject, property, stringList, stringMap, stringOr } from '../../src/lib/json.ts';

const HOSTILE = JSON.parse(
  '{"__proto__": "own", "a": null, "b": [1, "x"], "c": {"d": "e", "f": 1}}',
) as object;

test('only objects are objects', () => {
  expect([{}, [], null, 'x', undefined].map(isObject)).toEqual([true, false, false, false, false]);
});

test('properties are own ones', () => {
  if (!isObject(HOSTILE)) throw new Error('no object');
  expect(property(HOSTILE, '__proto__')).toBe('own');
  expect(property(HOSTILE, 'constructor')).toBeUndefined();
  expect(child(HOSTILE, 'constructor')).toEqual({});
  expect(child(HOSTILE, 'c')).toEqual({ d: 'e', f: 1 });
});

test('values of other types are absent', () => {
  expect([stringOr('x', null), stringOr(1, null), stringOr(null, '')]).toEqual(['x', null, '']);
  expect([stringList([1, 'x']), stringList('x'), stringList(null)]).toEqual([['x'], null, null]);
  expect([stringMap({ d: 'e', f: 1 }), stringMap([])]).toEqual([new Map([['d', 'e']]), new Map()]);
});
