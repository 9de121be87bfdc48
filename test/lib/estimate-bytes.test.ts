import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { estimateBytes, estimateJsonBytes } from '../../src/lib/estimate-bytes.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapAfter(text: string): number {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const document: unknown = JSON.parse(text);
  collectGarbage();
  const bytes = process.memoryUsage().heapUsed - before;
  expect(document).toBeDefined();
  return bytes;
}

function list(item: string, count: number): string {
  return `[${Array.from({ length: count }, () => item).join(',')}]`;
}

function fields(count: number, write: (index: number) => string): string {
  return `{${Array.from({ length: count }, (_, index) => write(index)).join(',')}}`;
}

const COUNT = 300_000;

test.for<readonly [name: string, text: string]>([
  ['lists in lists', '['.repeat(COUNT) + ']'.repeat(COUNT)],
  ['empty objects', list('{}', COUNT)],
  ['empty lists', list('[]', COUNT)],
  ['objects in objects', list('{"a":{}}', COUNT)],
  ['short labels', fields(COUNT, (index) => `"k${index}":"v"`)],
  ['labels that all differ', fields(COUNT, (index) => `"k${index}":"v${index}"`)],
  ['texts beyond Latin-1', list('"€"', COUNT)],
  ['numbers', list('1.5', COUNT)],
  ['environment variables', list('{"name":"A","value":"1"}', COUNT)],
])('%s take no more memory than estimated', ([, text]) => {
  expect(heapAfter(text)).toBeLessThan(text.length + estimateJsonBytes(text));
});

test.for<readonly [name: string, text: string, bytes: number]>([
  ['nothing', '', 0],
  ['a number', '1', 0],
  ['brackets in a string', JSON.stringify('{[,:'), 0],
  ['a string after an escaped quote', String.raw`"\",\",",`, 48],
  ['a string that ends in a backslash', String.raw`"\\",`, 48],
  ['an unterminated string', '"a,', 0],
  ['an object with a field', '{"a":1}', 112],
  ['a list of two', '[1,2]', 112],
])('%s is estimated by its brackets and marks', ([, text, bytes]) => {
  expect(estimateJsonBytes(text)).toBe(bytes);
});

test.for<readonly [name: string, value: unknown, bytes: number]>([
  ['a text', 'abc', 6],
  ['a list of two texts', ['a', 'b'], 64 + 2 * 32 + 4],
  ['a map', new Map([['key', 'value']]), 64 + 2 * 32 + 16],
  ['nested objects', { a: { b: 'c' } }, 2 * (64 + 32) + 2],
])('%s is estimated by its objects, slots and characters', ([, value, bytes]) => {
  expect(estimateBytes(value)).toBe(bytes);
});
