import { expect, test } from 'vitest';
import { createListing } from '../../src/image/layer-listing.ts';
import type { Descriptor } from '../../src/image/manifest.ts';
import { parseReference } from '../../src/image/reference.ts';
import { createLayerCache, createCheckPacing } from '../../src/images/layer-listings.ts';
import { digestOf, TAR_LAYER } from '../support/image/image-facts.ts';

const REFERENCE = parseReference('r.example/app:1');

function layer(index: number): Descriptor {
  const digest = digestOf(`layer ${index}`);
  return { mediaType: TAR_LAYER, digest, size: 1, platform: null, annotations: new Map() };
}

function cachedLayer(count: number, pathLength: number) {
  const { add, listing } = createListing();
  for (let index = 0; index < count; index += 1) {
    const path = `/${index}-`.padEnd(pathLength, 'x');
    add({ kind: 'file', path, target: '', size: 0, head: new Uint8Array() });
  }
  return { listing: listing('whole'), maxBytes: 1 };
}

test('the cache is bounded in bytes, including the length of each path', () => {
  const bytes = 100_000;
  const cache = createLayerCache(bytes);
  for (let index = 0; index < 100; index += 1) cache.set(REFERENCE, layer(index), cachedLayer(10, 500));
  const kept = Array.from({ length: 100 }, (_, index) => cache.get(REFERENCE, layer(index)));
  const count = kept.filter((found) => found !== undefined).length;
  expect(kept.at(-1)).toBeDefined();
  expect(count * 10 * 500 * 2).toBeLessThanOrEqual(bytes);
  expect(count).toBeGreaterThan(5);
});

test('a layer larger than the bound is not cached', () => {
  const cache = createLayerCache(100_000);
  cache.set(REFERENCE, layer(0), cachedLayer(1, 10));
  cache.set(REFERENCE, layer(1), cachedLayer(1_000, 100));
  expect(cache.get(REFERENCE, layer(1))).toBeUndefined();
  expect(cache.get(REFERENCE, layer(0))).toBeDefined();
});

test('a layer of 4 MiB in chunks of one entry is checked some hundred times, from the first on', () => {
  const isTime = createCheckPacing();
  const looks = Array.from({ length: 8_192 }, () => isTime(512, 1));
  expect(looks[0]).toBe(true);
  expect(looks.filter(Boolean).length).toBeLessThan(110);
});

test('large chunks are checked each time if they hold entries', () => {
  const isTime = createCheckPacing();
  expect([1, 0, 1, 1].map((entries) => isTime(65_536, entries))).toEqual([true, false, true, true]);
});
