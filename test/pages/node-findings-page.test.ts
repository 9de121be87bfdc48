import { expect, test } from 'vitest';
import { explanations } from '../../src/policy/checks/index.ts';
import { FINDING_IDS } from '../../src/policy/finding-catalog.ts';
import { FINDING_EVIDENCE } from '../node/suite/findings/finding-evidence.ts';

const CASES = FINDING_IDS.flatMap((id) => {
  const evidence = FINDING_EVIDENCE[id];
  return evidence.kind === 'shown' ? evidence.cases.map(({ what, named }) => ({ id, what, named })) : [];
});

test.each(CASES)('the explanation of $id says what the node shows: $what', ({ id, named }) => {
  const why = explanations.find((each) => each.id === id)?.why ?? '';
  expect(named.filter((text) => !why.includes(text))).toEqual([]);
});
