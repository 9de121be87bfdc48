import { expect, test } from 'vitest';
import { TIMEOUTS, parseTimeout, spendable } from '../../src/server/time-budget.ts';

test.each([
  ['10s', 10_000],
  ['1s', 1000],
  ['1m30s', 90_000],
  ['1.5s', 1500],
  ['500ms', 500],
  ['1h', 3_600_000],
])('%s is a duration', (text, milliseconds) => {
  expect(parseTimeout(text)).toBe(milliseconds);
});

test.each(['', '10', 's', '10 s', '-1s', '0s', '1s ', 'x10s', '10sx', '10s 5s', '1d', '1e3s', '١s'])(
  '"%s" is not a duration',
  (text) => {
    expect(parseTimeout(text)).toBeNull();
  },
);

test.each([
  ['the timeout minus the margin', 10_000, 10_000 - TIMEOUTS.marginMilliseconds],
  ['half of a timeout that is hardly longer than the margin', 600, 300],
  [
    'at most the longest timeout of a webhook',
    3_600_000,
    TIMEOUTS.longestMilliseconds - TIMEOUTS.marginMilliseconds,
  ],
])('the budget is %s', (_case, timeout, expected) => {
  expect(spendable(timeout)).toBe(expected);
});
