import { describe, expect, test } from 'vitest';
import { parseRewrite, rewriteRepository } from '../../../src/registry/hosts/rewrite-repository.ts';

describe('repositories are rewritten as Go does', () => {
  test.for([
    { pattern: '^library/(.*)', replacement: 'hub/$1', from: 'library/nginx', to: 'hub/nginx' },
    { pattern: '^library/(.*)', replacement: 'hub/$1', from: 'team/nginx', to: 'team/nginx' },
    { pattern: '(.*)', replacement: 'p/${1}x', from: 'a', to: 'p/ax' },
    { pattern: '^(.*)$', replacement: 'p/$1x', from: 'a', to: 'p/' },
    { pattern: '^(.*)$', replacement: '$$', from: 'a', to: '$' },
    { pattern: '^(.*)$', replacement: '$&', from: 'a', to: '$&' },
    { pattern: '/', replacement: '-', from: 'a/b/c', to: 'a-b-c' },
    { pattern: '^(?:a|b)/', replacement: 'c/', from: 'b/d', to: 'c/d' },
    { pattern: '[*+?|()]', replacement: 'x', from: 'a', to: 'a' },
  ])('$pattern to $replacement: $from is $to', ({ pattern, replacement, from, to }) => {
    expect(rewriteRepository(from, [parseRewrite(pattern, replacement)])).toBe(to);
  });

  test('only the first rewrite that matches applies', () => {
    const rewrites = [parseRewrite('^x', 'y'), parseRewrite('^a', 'b'), parseRewrite('^b', 'c')];
    expect(rewriteRepository('a', rewrites)).toBe('b');
  });
});

describe('rejected patterns', () => {
  test.for([
    ['(a+)+$', 'repeated'],
    ['(?:a|a)*$', 'repeated'],
    ['^(.*)(.*)(.*)(.*)x', 'could take too long'],
    ['(.*)(.*)(.*)x', 'could take too long'],
    [`^${'a?'.repeat(40)}`, 'could take too long'],
    [`^${'(a|a)'.repeat(40)}`, 'could take too long'],
    ['(a)\\1', 'repeated groups and back references'],
    ['(?=a)', 'only "(?:"'],
    ['(?<!a)b', 'only "(?:"'],
    ['(?i)a', 'only "(?:"'],
    ['a'.repeat(300), 'too long'],
    ['(', 'not a regular expression'],
    ['[', 'not a regular expression'],
  ])('%s: %s', ([pattern = '', state]) => {
    expect(() => parseRewrite(pattern, 'x')).toThrow(expect.objectContaining({ code: 'invalid-rewrite' }));
    expect(() => parseRewrite(pattern, 'x')).toThrow(state);
  });

  test('the slowest accepted pattern terminates', () => {
    const rewrite = parseRewrite('^(.*)(.*)(.*)(?:x|y)', 'z');
    expect(rewriteRepository('a'.repeat(255), [rewrite])).toBe('a'.repeat(255));
  });
});
