import { expect, test } from 'vitest';
import { explanations } from '../../src/policy/explanations.ts';
import { FINDING_IDS } from '../../src/policy/finding-catalog.ts';

test('every finding has exactly one explanation', () => {
  expect(explanations.map(({ id }) => id).toSorted()).toEqual(FINDING_IDS.toSorted());
});

test.each(explanations)('$id is explained in whole sentences', ({ why, reads, allows, example, cure }) => {
  for (const text of [why, reads, allows, example, cure]) {
    expect(text).toMatch(/^\S.{10,}\.$/s);
    expect(text).not.toContain('  ');
  }
});
