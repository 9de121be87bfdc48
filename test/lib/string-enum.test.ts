import { Value } from 'typebox/value';
import { expect, test } from 'vitest';
import { stringEnum } from '../../src/lib/string-enum.ts';

test('takes these words only, and has a default', () => {
  const schema = stringEnum(['a', 'b'], { default: 'a', description: 'A or b.' });
  expect(['a', 'b', 'c', '', null].map((value) => Value.Check(schema, value))).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
  expect(Value.Default(schema, undefined)).toBe('a');
});
