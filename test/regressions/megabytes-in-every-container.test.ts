import { expect, test } from 'vitest';
import { detectWasm } from '../../src/detect/detect-wasm.ts';
import { parseManifest } from '../../src/image/manifest.ts';
import { OCI_CONFIG, OCI_MANIFEST } from '../../src/image/media-types.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { digestOf, imageFacts, linux, TAR_LAYER } from '../support/image/image-facts.ts';
import { cluster, pod, podFacts, runtimeClass, settings } from '../support/pod/pods.ts';

const LONG = `/${'x'.repeat(4 * 1024 * 1024)}.wasm`;

/** A Pod with 256 containers of an image with such an entrypoint blocked the process for 35 seconds. */
test('a program whose name is longer than any path does not exist, in however many containers', () => {
  const containers = Array.from({ length: 256 }, (_, index) => ({ name: `c${index}`, image: 'app' }));
  const facts = podFacts(pod({ containers }), { app: linux(LONG) }, cluster([runtimeClass('wasmtime')]));
  expect(evaluate(facts, settings()).changes).toEqual([]);
  expect(facts.containers.map(({ verdict }) => verdict.kind)).toEqual(containers.map(() => 'container'));
});

test.for<readonly [name: string, first: string, kind: string]>([
  ['as long as a path can be', `/${'x'.repeat(4096 - 6)}.wasm`, 'wasm'],
  ['longer than that', `/${'x'.repeat(4096 - 5)}.wasm`, 'container'],
])('a first argument %s: %s', ([, first, kind]) => {
  expect(detectWasm(imageFacts(linux('/server')), { command: [first] }).kind).toBe(kind);
  expect(detectWasm(imageFacts(linux(first))).kind).toBe(kind);
});

function manifestOf(layers: number): object {
  const layer = { mediaType: TAR_LAYER, digest: digestOf('layer'), size: 1 };
  const config = { mediaType: OCI_CONFIG, digest: digestOf('config'), size: 1 };
  return { schemaVersion: 2, config, layers: Array.from({ length: layers }, () => layer) };
}

test('an image with thirty thousand layers is invalid', () => {
  expect(parseManifest(manifestOf(1000), OCI_MANIFEST)).toMatchObject({ kind: 'manifest' });
  expect(() => parseManifest(manifestOf(30_000), OCI_MANIFEST)).toThrow('it has more than 1000 layers');
});
