import { describe, expect, test } from 'vitest';
import { isTooBusy, judgeCost, judgeRatio, median, percentile } from './statistics.ts';

describe('the median', () => {
  test.each([
    [[3], 3],
    [[9, 1, 5], 5],
    [[4, 1, 2, 100], 3],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  test('of none is not a number', () => {
    expect(median([])).toBeNaN();
  });
});

describe('a percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  test.each([
    [0.5, 50],
    [0.99, 99],
    [1, 100],
    [0, 1],
  ])('%d of 1 to 100 is %d', (share, expected) => {
    expect(percentile(hundred, share)).toBe(expected);
  });

  test('of none is not a number', () => {
    expect(percentile([], 0.99)).toBeNaN();
  });
});

describe('a machine', () => {
  test.each<[boolean, readonly (number | null)[]]>([
    [false, [0, 0.05]],
    [true, [0, 0.3]],
    [false, [null]],
    [false, []],
  ])('is too busy: %s, if its processors did other work for %j of the time', (expected, foreign) => {
    expect(isTooBusy(foreign)).toBe(expected);
  });

  test('that is too busy makes every ratio unclear, and of costs only those that are too high', () => {
    expect([true, false].map((isMet) => judgeRatio(isMet, true))).toEqual(['unclear', 'unclear']);
    expect([true, false].map((isMet) => judgeCost(isMet, true))).toEqual(['met', 'unclear']);
  });

  test('that is quiet leaves goals met or missed', () => {
    expect([true, false].map((isMet) => judgeRatio(isMet, false))).toEqual(['met', 'missed']);
    expect([true, false].map((isMet) => judgeCost(isMet))).toEqual(['met', 'missed']);
  });
});
