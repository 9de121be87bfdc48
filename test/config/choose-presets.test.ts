import { expect, test } from 'vitest';
import { choosePresets } from '../../src/config/presets.ts';

const presets = choosePresets({
  by: ['policy', 'scenario'],
  tables: { policy: { a: { x: 1 }, b: {} }, images: { b: { y: 2 } } },
});

test.for([
  { name: 'a word of one section', stated: { policy: { scenario: 'a' } }, chosen: { policy: { x: 1 } } },
  { name: 'a word of another', stated: { policy: { scenario: 'b' } }, chosen: { images: { y: 2 } } },
  { name: 'a word that is none', stated: { policy: { scenario: 'c' } }, chosen: {} },
  { name: 'a word of every object', stated: { policy: { scenario: 'constructor' } }, chosen: {} },
  { name: 'a number', stated: { policy: { scenario: 1 } }, chosen: {} },
  { name: 'a section with every key commented out', stated: { policy: null }, chosen: {} },
  { name: 'the key in another section', stated: { images: { scenario: 'a' } }, chosen: {} },
  { name: 'nothing', stated: {}, chosen: {} },
])('$name chooses $chosen', ({ stated, chosen }) => {
  expect(presets(stated)).toEqual(chosen);
});
