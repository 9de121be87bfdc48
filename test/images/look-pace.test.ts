import { expect, test } from 'vitest';
import { createLookPace } from '../../src/images/look-pace.ts';

test('a layer of 4 MiB in pieces of one entry is looked at some hundred times, from the first on', () => {
  const isTime = createLookPace();
  const looks = Array.from({ length: 8_192 }, () => isTime(512, 1));
  expect(looks[0]).toBe(true);
  expect(looks.filter(Boolean).length).toBeLessThan(110);
});

test('large pieces are looked at each time, if they hold entries', () => {
  const isTime = createLookPace();
  expect([1, 0, 1, 1].map((entries) => isTime(65_536, entries))).toEqual([true, false, true, true]);
});
