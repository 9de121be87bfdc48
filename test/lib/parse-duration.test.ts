import { expect, test } from 'vitest';
import { parseDuration } from '../../src/lib/parse-duration.ts';

test.each([
  ['0', 0],
  ['0s', 0],
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['12h0m0s', 43_200_000],
  ['1.5s', 1500],
  ['300ms', 300],
  ['1m1ms', 60_001],
  ['250us', 0.25],
  ['', null],
  ['5', null],
  ['s', null],
  ['-5s', null],
  ['5 s', null],
  ['5d', null],
  ['1e3s', null],
])('%j is %j milliseconds', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});
