import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { parseImageConfig } from '../../src/image/image-config.ts';
import { parseManifest } from '../../src/image/manifest.ts';

const MIB = 1024 * 1024;
const IMAGES = 20;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Returns a text that differs for each image, as a registry sends it. */
function longText(index: number): string {
  return `text-${index}-`.padEnd(MIB, 'x');
}

/** What wasmgate cuts from a text that a registry chose kept the whole text, which the cache did not count: a gigabyte in all. */
test.for<readonly [what: string, read: (document: unknown) => unknown, document: (text: string) => object]>([
  [
    'PATH',
    parseImageConfig,
    (text) => ({ config: { Env: [`PATH=/usr/local/directory:/usr/local/other:${text}`] } }),
  ],
  ['names of interfaces', parseImageConfig, (text) => ({ component: { imports: [text], exports: [text] } })],
  ['media types', (document) => parseManifest(document, ''), (text) => ({ ...MANIFEST, mediaType: text })],
])('facts keep no long %s that they cut', ([, read, document]) => {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const facts = Array.from({ length: IMAGES }, (_, index) =>
    read(JSON.parse(JSON.stringify(document(longText(index))))),
  );
  collectGarbage();
  expect((process.memoryUsage().heapUsed - before) / MIB).toBeLessThan(1);
  expect(facts).toHaveLength(IMAGES);
});

const MANIFEST = {
  config: { mediaType: 'application/json', digest: `sha256:${'a'.repeat(64)}`, size: 3 },
  layers: [],
};
