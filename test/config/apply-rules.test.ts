import { expect, test } from 'vitest';
import { applyRules } from '../../src/config/apply-rules.ts';
import { nameRule, textRule, type SettingRule } from '../../src/lib/setting-rule.ts';

const bad = (text: string): string | null => (text === 'bad' ? 'it is bad' : null);
const text = 'it is bad';

test('finds values in lists and maps, with their places, by level', () => {
  const rules = [
    textRule('fatal', ['one'], bad),
    textRule('vain', ['list', '*'], bad),
    textRule('note', ['map', '*', '*'], bad),
    nameRule('vain', ['map'], bad),
  ];
  const section = { one: 'bad', list: ['good', 'bad'], map: { a: ['bad'], bad: [] } };
  expect(applyRules(rules, section, [])).toEqual({
    fatal: [{ path: ['one'], text }],
    vain: [
      { path: ['list', 1], text },
      { path: ['map', 'bad'], text },
    ],
    note: [{ path: ['map', 'a', 0], text }],
  });
});

test('a value of a wrong type hides no other', () => {
  const rules = [textRule('fatal', ['list', '*'], bad)];
  const problems = [{ path: ['list', 0], text: 'no text' }];
  expect(applyRules(rules, { list: [7, 'bad'] }, problems).fatal).toEqual([{ path: ['list', 1], text }]);
});

test('a rule of a map is not applied if anything in it has a wrong type, or what holds it', () => {
  const rule: SettingRule = { path: ['map', '*'], level: 'vain', find: () => text };
  const section = { map: { a: { x: 7 }, b: { x: 'y' } } };
  const problems = [{ path: ['map', 'a', 'x'], text: 'no text' }];
  expect(applyRules([rule], section, problems).vain).toEqual([{ path: ['map', 'b'], text }]);
  expect(applyRules([rule], section, [{ path: [], text: 'no map' }]).vain).toEqual([]);
});

test('absent keys and other shapes have no values', () => {
  const rules = [textRule('vain', ['list', '*'], bad), textRule('vain', ['map', '*', 'x'], bad)];
  for (const section of [{}, null, 'bad', { list: 'bad', map: ['bad'] }, { map: { x: 'bad' } }])
    expect(applyRules(rules, section, []).vain).toEqual([]);
});

test('a rule sees the map that holds its value', () => {
  const rule: SettingRule = {
    path: ['map', '*', 'key'],
    level: 'vain',
    find: (_value, { parent }) => JSON.stringify(parent),
  };
  expect(applyRules([rule], { map: { a: { key: 1, other: 2 } } }, []).vain).toEqual([
    { path: ['map', 'a', 'key'], text: '{"key":1,"other":2}' },
  ]);
});
