import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseYaml } from '../../src/config/parse-yaml.ts';

const warnings: Error[] = [];
const note = (warning: Error): void => void warnings.push(warning);
beforeAll(() => void process.on('warning', note));
afterAll(() => void process.off('warning', note));

test.for([
  {
    name: 'an unknown directive',
    text: '%FOO bar\n---\na: 1\n',
    says: 'line 1, column 1: Unknown directive',
  },
  { name: 'an unknown tag', text: 'a: !x 1\n', says: 'line 1, column 4: Unresolved tag: !x' },
  { name: 'a list for a key', text: '? [a, b]\n: 1\n', says: 'line 1, column 3: A key must be text' },
  { name: 'a map for a key', text: 'x: {{a: b}: c}\n', says: 'line 1, column 5: A key must be text' },
  {
    name: 'an alias of a list for a key',
    text: 'x: &a [1]\n*a : c\n',
    says: 'line 2, column 1: A key must be text',
  },
  { name: 'an alias of what contains it', text: 'x: &a {y: [*a]}\n', says: 'line 1, column 12: Alias "*a"' },
  { name: 'an alias of nothing', text: 'x: *a\n', says: 'a' },
  { name: 'a message that quotes the file', text: `x: !${'y'.repeat(5000)} 1\n`, says: 'yyy…' },
])('$name is a problem, and not a warning of the process', async ({ text, says }) => {
  const { value, problems } = parseYaml(text);
  expect([value, problems]).toEqual([null, [expect.stringContaining(says)]]);
  // Warnings are emitted in the next turn.
  await new Promise(setImmediate);
  expect(warnings).toEqual([]);
});

test('scalars may be keys, also by alias; an alias of a sibling does not refer to itself', () => {
  const { value, problems } = parseYaml('a: &x b\n*x : [&y {c: 1}, *y]\n1: 2\n');
  expect([value, problems]).toEqual([{ a: 'b', b: [{ c: 1 }, { c: 1 }], 1: 2 }, []]);
});
