import { expect, test } from 'vitest';
import { boundText, boundWarnings, countRunes, WARNING_BOUNDS } from '../../src/admission/bound-warnings.ts';
import { fc } from '../support/lib/properties.ts';

test.each([
  ['short text stays', 'abc', 3, 'abc'],
  ['long text ends in an ellipsis', 'abcd', 3, 'ab…'],
  ['an emoji is one rune', '😀😀😀', 3, '😀😀😀'],
  ['a surrogate pair is never cut', '😀😀😀😀', 3, '😀😀…'],
  ['a lone surrogate is replaced', 'a\ud800', 3, 'a\ufffd'],
])('%s', (_case, text, runes, expected) => {
  expect(boundText(text, runes)).toBe(expected);
});

test.each([
  ['duplicates are dropped', ['a', 'b', 'a'], ['a', 'b']],
  ['line ends and control characters become spaces', ['a\n\tb\u0007c'], ['a b c']],
  ['controls of 8 bits, and what turns text around, too', ['a\u009b2J\u202eb\u2066c'], ['a 2J b c']],
  ['those that differ only in them are one', ['a\u0007b', 'a\u009bb'], ['a b']],
  ['an empty one is none', ['', ' \n'], []],
])('warnings: %s', (_case, warnings, expected) => {
  expect(boundWarnings(warnings)).toEqual(expected);
});

test('what passes 4096 runes together is left out whole', () => {
  const warnings = Array.from({ length: 40 }, (_, index) => `${index} ${'😀'.repeat(200)}`);
  const kept = boundWarnings(warnings);
  expect(kept).toEqual(warnings.slice(0, 20));
});

test('any warnings: inside every bound, well-formed, each once, and nothing short is lost', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 600 }), { maxLength: 30 }), (warnings) => {
      const kept = boundWarnings(warnings);
      expect(new Set(kept).size).toBe(kept.length);
      for (const warning of kept) {
        expect(Array.from(warning).length).toBe(countRunes(warning));
        expect(countRunes(warning)).toBeLessThanOrEqual(WARNING_BOUNDS.runesEach);
        expect(warning.isWellFormed()).toBe(true);
      }
      expect(kept.reduce((sum, warning) => sum + countRunes(warning), 0)).toBeLessThanOrEqual(
        WARNING_BOUNDS.runesTogether,
      );
    }),
  );
  expect(boundWarnings(['x'.repeat(256)])).toEqual(['x'.repeat(256)]);
});
