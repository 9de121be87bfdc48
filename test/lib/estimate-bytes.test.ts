import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { parseImageConfig } from '../../src/image/image-config.ts';
import { parseManifest } from '../../src/image/manifest.ts';
import { OCI_MANIFEST } from '../../src/image/media-types.ts';
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
  ['a text', 'abc', 24 + 3],
  ['a text beyond Latin-1', 'a€', 24 + 2 * 2],
  ['a number', 1.5, 16],
  ['a list of two texts', ['a', 'b'], 40 + 2 * (8 + 24 + 1)],
  ['a map', new Map([['key', 'value']]), 208 + 64 + 2 * 24 + 8],
  ['an empty map', new Map(), 0],
  ['nested objects', { a: { b: 'c' } }, 2 * (40 + 8) + 24 + 1],
])('%s is estimated by its objects, slots and characters', ([, value, bytes]) => {
  expect(estimateBytes(value)).toBe(bytes);
});

/** Returns the heap that each of many such values takes. */
function heapOf(create: (index: number) => unknown): number {
  const values = Array.from<unknown>({ length: 2000 });
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (const index of values.keys()) values[index] = create(index);
  collectGarbage();
  const bytes = (process.memoryUsage().heapUsed - before) / values.length;
  expect(values).toHaveLength(2000);
  return bytes;
}

function digest(number: number): string {
  return `sha256:${String(number).padStart(64, '0')}`;
}

function factsOf(index: number): unknown {
  const layers = Array.from({ length: 6 }, (_, layer) => ({
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest: digest(10 * index + layer),
    size: 20_000_000,
  }));
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digest(index), size: 4000 };
  const texts = [
    { config, layers },
    { os: 'linux', architecture: 'amd64', config: { Entrypoint: ['/app'] } },
  ].map((document) => JSON.stringify(document));
  const [manifest, configDocument] = texts.map((text): unknown => JSON.parse(text));
  return [parseManifest(manifest, OCI_MANIFEST), parseImageConfig(configDocument)];
}

test.for<readonly [name: string, create: (index: number) => unknown]>([
  ['facts about an image', factsOf],
  ['a map of five', (index) => new Map(pairsOf(index, 5))],
  ['a map of a hundred', (index) => new Map(pairsOf(index, 100))],
  ['a list of texts', (index) => pairsOf(index, 50).flat()],
])('%s is estimated at its memory or up to twice as much', ([, create]) => {
  const share = estimateBytes(create(1000)) / heapOf(create);
  expect(share).toBeGreaterThan(0.9);
  expect(share).toBeLessThan(2);
});

test('the rest of a value does not count once it is too large', () => {
  const texts = ['x'.repeat(1000), 'y'.repeat(1000)];
  expect(estimateBytes(texts)).toBeGreaterThan(2000);
  expect(estimateBytes(texts, 2000)).toBe(estimateBytes(texts));
  expect(estimateBytes(texts, 500)).toBeGreaterThan(500);
  expect(estimateBytes(texts, 500)).toBeLessThan(2000);
});

/** Pairs of texts as JSON.parse creates them. */
function pairsOf(index: number, count: number): [string, string][] {
  const pairs = Array.from({ length: count }, (_, pair) => [
    `key-${index}-${pair}`,
    `value-${index}-${pair}`,
  ]);
  return JSON.parse(JSON.stringify(pairs)) as [string, string][];
}
