import { expect, test } from 'vitest';
import { didYouMean, nearestName } from '../../src/lib/nearest-name.ts';

const COMMANDS = ['serve', 'review', 'version'];

test.each([
  ['a letter left out', 'serv', 'serve'],
  ['two letters swapped', 'sevre', 'serve'],
  ['a letter too many', 'reviiew', 'review'],
  ['another case', 'VERSION', 'version'],
  ['the nearest of several', 'revier', 'review'],
  ['the beginning of one', 'vers', 'version'],
  ['nothing near', 'deploy', null],
  ['one letter', 'x', null],
  ['something very long', 'serve'.repeat(10_000), null],
])('%s', (_case, typed, expected) => {
  expect(nearestName(typed, COMMANDS)).toBe(expected);
});

test.each([
  ['a beginning wins over a similar name', '--file', ['--live', '--filename'], '--filename'],
  ['an ambiguous beginning does not count', '--fact', ['--factory', '--facts'], '--facts'],
  ['two letters of four are another word', 'huge', ['edge', 'light'], null],
  ['two letters of three are another word', 'nam', ['yaml', 'json'], null],
  ['swapped letters of a short word', 'wran', ['warn', 'audit'], 'warn'],
  ['a short beginning does not count', 'se', ['serve'], null],
])('%s', (_case, typed, names, expected) => {
  expect(nearestName(typed, names)).toBe(expected);
});

test('didYouMean returns a sentence, or nothing', () => {
  expect(didYouMean('serv', COMMANDS)).toBe(' Did you mean "serve"?');
  expect(didYouMean('serv', [])).toBe('');
});
