import { expect, test } from 'vitest';
import { explanations } from '../../src/policy/checks/index.ts';
import { FINDING_IDS } from '../../src/policy/finding-catalog.ts';

test('every finding has exactly one explanation', () => {
  expect(explanations.map(({ id }) => id).toSorted()).toEqual(FINDING_IDS.toSorted());
});

test.each(explanations)('$id is explained in whole sentences', ({ why, checks, exempts, example, fix }) => {
  for (const text of [why, checks, exempts, example, fix]) {
    expect(text).toMatch(/^\S.{10,}\.$/s);
    expect(text).not.toContain('  ');
  }
});
