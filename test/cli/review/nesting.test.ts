import { expect, test } from 'vitest';
import { parseDocuments } from '../../../src/cli/review/parse-documents.ts';

function nested(levels: number): string {
  return `{"kind":"Pod","a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
}

/** Later readers recurse: one document that is too deep once ended the whole review. */
test.for<readonly [name: string, text: string, documents: number, deep: readonly number[]]>([
  ['what people write', nested(100), 1, []],
  ['more than anything can go down', nested(100_000), 0, [1]],
  ['one of two', `{"kind":"Pod"} ${nested(5000)}`, 1, [2]],
  ['YAML', `kind: Pod\na: ${'['.repeat(600)}${']'.repeat(600)}\n`, 0, [1]],
  ['an object that leads back into itself', 'kind: Pod\nmetadata: &a {labels: *a}\n', 0, [1]],
  ['one that does so by several ways', 'kind: Pod\nmetadata: &a {labels: *a, annotations: *a}\n', 0, [1]],
])('%s', ([, text, count, deep]) => {
  const { documents, problems } = parseDocuments({ file: 'x.yaml', text });
  expect(documents).toHaveLength(count);
  expect(problems.map(({ document }) => document)).toEqual(deep);
  for (const { message } of problems) expect(message).toContain('nested deeper than any manifest');
});
