import { expect, test } from 'vitest';
import { findOrigin } from '../../src/cli/review/find-origin.ts';
import { parseDocuments } from '../../src/cli/review/parse-documents.ts';

// The YAML parser converts a key that is a collection to text. With a few hundred levels of such keys, it did not end within minutes.

const HOSTILE = ['? '.repeat(2000), '? '.repeat(400), `${'{? '.repeat(400)}a${'}'.repeat(400)}`];

test.each(HOSTILE)('a manifest of keys within keys is an error (%#)', (text) => {
  const { documents, problems } = parseDocuments({ file: 'app.yaml', text: `a: 1\n---\n${text}\n` });
  expect(documents).toMatchObject([{ document: 1, value: { a: 1 } }]);
  expect(problems[0]).toMatchObject({ file: 'app.yaml', document: 2 });
});

test.each(HOSTILE)('an annotation of keys within keys names no file (%#)', (text) => {
  const annotations = { 'config.kubernetes.io/origin': text.slice(0, 4096) };
  expect(findOrigin({ metadata: { annotations } }, '')).toBeNull();
});

test('a template that was not rendered is still read, and undecided later', () => {
  const { documents, problems } = parseDocuments({ file: 'app.yaml', text: 'image: {{ .Values.image }}\n' });
  expect([documents.length, problems]).toEqual([1, []]);
});
