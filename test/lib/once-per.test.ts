import { expect, test } from 'vitest';
import { oncePer } from '../../src/lib/once-per.ts';

test('computes the value of each object once, undefined included', () => {
  const computed: object[] = [];
  const first = oncePer((key: { readonly value?: number }) => {
    computed.push(key);
    return key.value;
  });
  const [one, other, without] = [{ value: 1 }, { value: 1 }, {}];
  expect([one, one, other, without, without].map(first)).toEqual([1, 1, 1, undefined, undefined]);
  expect(computed).toEqual([one, other, without]);
});
