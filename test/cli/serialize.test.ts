import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { toYaml } from '../../src/cli/serialize.ts';
import { fc } from '../support/lib/properties.ts';

// oxlint-disable-next-line no-control-regex
const OBEYED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|(?!\n|\t)[\p{Cf}\p{Zl}\p{Zp}]/u;

test.each([
  [
    'words that YAML 1.1 does not read as text',
    { a: 'yes', b: 'off', c: '0x10' },
    'a: "yes"\nb: "off"\nc: "0x10"\n',
  ],
  ['a control of 8 bits', { a: 'x\u009b2J' }, 'a: "x\\x9b2J"\n'],
  ['what turns text around', { a: '\u202eb' }, 'a: "\\u202eb"\n'],
  ['what is beyond 16 bits', { a: '\u{e0001}b' }, 'a: "\\U000e0001b"\n'],
  ['a key', { 'k\u009b': 1 }, '"k\\x9b": 1\n'],
  ['lines and tabs, which a ConfigMap is made of', { a: 'x\n\ty\n' }, 'a: |\n  x\n  \ty\n'],
  ['a long line, which stays whole', { a: 'word '.repeat(40).trim() }, `a: ${'word '.repeat(40).trim()}\n`],
])('%s', (_case, value, yaml) => {
  expect(toYaml(value)).toBe(yaml);
});

test('an object shared by two fields is written twice, not as an alias', () => {
  const shared = { memory: '1Mi' };
  expect(toYaml({ limits: shared, requests: shared })).not.toMatch(/[&*]/);
});

test('any text is free of control characters, and reads back unchanged', () => {
  const texts = fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed());
  const hostile = fc
    .tuple(texts, fc.constantFrom('\u009b2J', '\u202e', '\u001b[2J', '\n', ' '))
    .map((parts) => parts.join(''));
  const values = fc.dictionary(hostile, fc.oneof(hostile, fc.array(hostile)), { maxKeys: 3 });
  fc.assert(
    fc.property(values, (value) => {
      const yaml = toYaml({ ...value });
      expect(yaml).not.toMatch(OBEYED);
      expect(parse(yaml)).toEqual(value);
    }),
  );
});
