import { expect, test } from 'vitest';
import { countRunes, cutEnd, cutMiddle } from '../../src/lib/bound-text.ts';
import { fc } from '../support/lib/properties.ts';

test.each([
  ['keeps a short text', 'abc', 3, 'abc'],
  ['ends a long text in an ellipsis', 'abcd', 3, 'ab…'],
  ['counts an emoji as one rune', '😀😀😀', 3, '😀😀😀'],
  ['never cuts a surrogate pair', '😀😀😀😀', 3, '😀😀…'],
  ['replaces a lone surrogate', 'a\ud800', 3, 'a\ufffd'],
])('cutEnd: %s', (_case, text, runes, expected) => {
  expect(cutEnd(text, runes)).toBe(expected);
});

test.each([
  ['keeps a short text', 'abcde', 5, 'abcde'],
  ['keeps start and end of a long text', 'abcdefgh', 5, 'ab…gh'],
  ['keeps one more of the start', 'abcdefgh', 4, 'ab…h'],
  ['never cuts a surrogate pair', 'a😀😀😀😀b', 4, 'a😀…b'],
  ['keeps a single rune', 'abc', 1, '…'],
  ['cuts between words', 'one three five seven', 15, 'one … seven'],
  ['cuts a long word', `a ${'b'.repeat(80)} c`, 61, `a ${'b'.repeat(28)}…${'b'.repeat(28)} c`],
])('cutMiddle: %s', (_case, text, runes, expected) => {
  expect(cutMiddle(text, runes)).toBe(expected);
});

test('both stay within the bound, for any text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.integer({ min: 1, max: 40 }),
      (text, runes) => {
        for (const cut of [cutEnd(text, runes), cutMiddle(text, runes)]) {
          expect(countRunes(cut)).toBeLessThanOrEqual(runes);
          expect(countRunes(cut)).toBe(Array.from(cut).length);
          expect(cut.isWellFormed()).toBe(true);
          if (countRunes(text) <= runes) expect(cut).toBe(text.toWellFormed());
        }
      },
    ),
  );
});
