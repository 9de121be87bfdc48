import { expect, test } from 'vitest';
import { didYouMean, nearestName } from '../src/nearest-name.ts';

const COMMANDS = ['serve', 'review', 'version'];

test.each([
  ['a letter left out', 'serv', 'serve'],
  ['two letters swapped', 'sevre', 'serve'],
  ['a letter too many', 'reviiew', 'review'],
  ['another case', 'VERSION', 'version'],
  ['the nearest of several', 'revier', 'review'],
  ['nothing near', 'deploy', null],
  ['one letter', 'x', null],
  ['something very long', 'serve'.repeat(10_000), null],
])('%s', (_case, typed, expected) => {
  expect(nearestName(typed, COMMANDS)).toBe(expected);
});

test('as a sentence, or nothing', () => {
  expect(didYouMean('serv', COMMANDS)).toBe(' Did you mean "serve"?');
  expect(didYouMean('serv', [])).toBe('');
});
