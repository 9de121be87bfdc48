import { expect, test } from 'vitest';
import {
  escapeJson,
  hasControlCharacters,
  stripControlCharacters,
  stripControlCharactersInLines,
} from '../../src/lib/strip-control-characters.ts';

const HOSTILE = [
  ['an escape sequence of 7 bits', 'a\u001b[2Jb', 'a [2Jb'],
  ['an escape sequence of 8 bits', 'a\u009b2Jb', 'a 2Jb'],
  ['a bell', 'a\u0007b', 'a b'],
  ['delete', 'a\u007fb', 'a b'],
  ['an override of the direction', 'a\u202eb', 'a b'],
  ['an isolate', 'a\u2066\u2069b', 'a b'],
  ['a line separator', 'a\u2028\u2029b', 'a b'],
  ['invisible characters', 'a\u200bb\ufeffc', 'a b c'],
] as const;

test.each(HOSTILE)('%s becomes a space', (_case, text, shown) => {
  expect(stripControlCharacters(text)).toBe(shown);
  expect(hasControlCharacters(text)).toBe(true);
});

test.each(HOSTILE)('%s is escaped in JSON, with the same meaning', (_case, text) => {
  const json = escapeJson(JSON.stringify({ text }, null, 2));
  expect(stripControlCharactersInLines(json)).toBe(json);
  expect(JSON.parse(json)).toEqual({ text });
});

test('keeps letters of any script, and emoji', () => {
  const text = 'Größe 大小 الحجم 😀';
  expect([stripControlCharacters(text), hasControlCharacters(text)]).toEqual([text, false]);
});

test('keeps line breaks of texts with several lines', () => {
  expect(stripControlCharactersInLines('a\u001b\nb\r\n')).toBe('a \nb \n');
});
