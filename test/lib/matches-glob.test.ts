import { expect, test } from 'vitest';
import { matchesGlob } from '../../src/lib/matches-glob.ts';

test.for([
  { pattern: '', text: '', matches: true },
  { pattern: '*', text: '', matches: true },
  { pattern: 'a*c', text: 'abbbc', matches: true },
  { pattern: 'a*c', text: 'abbb', matches: false },
  { pattern: '*a*b', text: 'xaxbab', matches: true },
  { pattern: 'a/*', text: 'a/b/c', matches: true },
  { pattern: 'kata*', text: 'my-kata', matches: false },
  { pattern: '?', text: '', matches: false },
  { pattern: 'a?', text: 'abc', matches: false },
  { pattern: 'a.c', text: 'abc', matches: false },
  { pattern: `${'*a'.repeat(30)}*b`, text: 'a'.repeat(5000), matches: false },
])('glob $pattern', ({ pattern, text, matches }) => {
  expect(matchesGlob(pattern, text)).toBe(matches);
});
