import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { estimateJsonBytes } from '../../src/lib/estimate-bytes.ts';

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
  ['texts that Latin-1 has not', list('"€"', COUNT)],
  ['numbers', list('1.5', COUNT)],
  ['variables of an environment', list('{"name":"A","value":"1"}', COUNT)],
])('%s take no more memory than is reckoned', ([, text]) => {
  expect(heapAfter(text)).toBeLessThan(text.length + estimateJsonBytes(text));
});

test.for<readonly [name: string, text: string, bytes: number]>([
  ['nothing', '', 0],
  ['a number', '1', 0],
  ['what stands in a string', JSON.stringify('{[,:'), 0],
  ['a string after an escaped quote', String.raw`"\",\",",`, 48],
  ['a string that ends in a backslash', String.raw`"\\",`, 48],
  ['a string without an end', '"a,', 0],
  ['an object with a field', '{"a":1}', 112],
  ['a list of two', '[1,2]', 112],
])('%s is reckoned by brackets and marks', ([, text, bytes]) => {
  expect(estimateJsonBytes(text)).toBe(bytes);
});
