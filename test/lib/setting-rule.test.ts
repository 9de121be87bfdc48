import { expect, test } from 'vitest';
import { nameRule, textRule } from '../../src/lib/setting-rule.ts';

const place = { key: 'name', parent: {} };

test('a rule of texts leaves other values to their types', () => {
  const rule = textRule('vain', ['list', '*'], (text) => `found ${text}`);
  expect(rule).toMatchObject({ level: 'vain', path: ['list', '*'] });
  expect([rule.find('a', place), rule.find(1, place), rule.find(null, place)]).toEqual([
    'found a',
    null,
    null,
  ]);
});

test('a rule of names reads the keys of a map', () => {
  const rule = nameRule('fatal', ['map'], (name) => (name === 'name' ? 'a fault' : null));
  expect(rule).toMatchObject({ level: 'fatal', path: ['map', '*'] });
  expect([rule.find({}, place), rule.find({}, { ...place, key: 'other' })]).toEqual(['a fault', null]);
});
