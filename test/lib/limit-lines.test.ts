import { expect, test } from 'vitest';
import { limitLines } from '../../src/lib/limit-lines.ts';

const LIMITS = { most: 4, mostOfNamespace: 2, milliseconds: 1000 };

test('a namespace uses up its part only, and all namespaces the whole', () => {
  const isWithinLimits = limitLines(
    LIMITS,
    () => {},
    () => 0,
  );
  expect(['a', 'a', 'a', 'b', undefined, 'c'].map(isWithinLimits)).toEqual([
    true,
    true,
    false,
    true,
    true,
    false,
  ]);
});

test('an interval without dropped lines reports none; the next one reports those of the last', () => {
  let time = 0;
  const dropped: number[] = [];
  const isWithinLimits = limitLines(
    LIMITS,
    (lines) => dropped.push(lines),
    () => time,
  );
  isWithinLimits('a');
  time += 1000;
  for (let line = 0; line < 5; line += 1) isWithinLimits('a');
  expect(dropped).toEqual([]);
  time += 1000;
  expect(isWithinLimits('a')).toBe(true);
  expect(dropped).toEqual([3]);
});
