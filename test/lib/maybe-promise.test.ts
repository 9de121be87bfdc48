import { expect, test } from 'vitest';
import { whenKnown } from '../../src/lib/maybe-promise.ts';

test('a known value is used at once', () => {
  expect(whenKnown(1, (value) => value + 1)).toBe(2);
});

test('a promise is awaited', async () => {
  const next = whenKnown(Promise.resolve(1), (value) => value + 1);
  expect(next).toBeInstanceOf(Promise);
  expect(await next).toBe(2);
});
