import { createHash } from 'node:crypto';
import type { ImageStore } from '../../../src/fake-registry/image-store.ts';
import { pushBlob, pushImage, pushManifest, targetOf } from '../../../src/fake-registry/push-image.ts';
import { HELLO_MODULE } from '../../../src/fake-registry/wasm-programs.ts';
import { OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from '../../../src/image/media-types.ts';
import { loadFixtureImages, putFixtureImage } from '../image/fixture-images.ts';

/** The registry that the examples name. */
const EXAMPLE_REGISTRY = 'registry.example.com/examples';

/** The examples' images by name: fixtures that real tools pushed. */
const FIXTURES = {
  linux: 'linux-plain',
  'linux-and-wasi': 'bk-linux-and-wasi-list',
  module: 'bk-linux-wasm-entrypoint-label',
  'wasi-module': 'bk-wasi-wasm',
  'module-with-provenance': 'bk-wasi-wasm-provenance',
  component: 'wkg-cli-component',
  'spin-app': 'spin-v2-app',
  'slight-app': 'slight-wasi',
  'proxy-plugin': 'istio-proxywasm-compat',
} as const;

/** A core module followed by an incompressible custom section of this many bytes. */
function moduleOf(size: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(size / 64) }, (_, index) =>
    createHash('sha512').update(String(index)).digest(),
  );
  return Buffer.concat([HELLO_MODULE.subarray(0, 8), ...blocks]);
}

function pushProgram(store: ImageStore, name: string, size: number): void {
  const files = { 'app.wasm': moduleOf(size) };
  const build = { os: 'linux', architecture: 'amd64', files, entrypoint: ['/app.wasm'] };
  pushImage(targetOf(store, `examples/${name}:1`), build);
}

/** One Wasm layer as runwasi expects it, and a config that is the same for every image. */
function pushHandMadeLayer(store: ImageStore): void {
  const target = targetOf(store, 'examples/hand-made-layer:1');
  const layerType = 'application/vnd.bytecodealliance.wasm.component.layer.v0+wasm';
  const config = pushBlob(target, OCI_CONFIG, {
    architecture: 'wasm',
    os: 'wasip1',
    config: { Entrypoint: ['app.wasm'] },
    rootfs: { type: 'layers', diff_ids: [] },
  });
  const layers = [pushBlob(target, layerType, HELLO_MODULE)];
  pushManifest(target, { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers });
}

/** An index whose Linux entry names no platform, beside one that does. */
function pushMixedIndex(store: ImageStore): void {
  const target = targetOf(store, 'examples/mixed-index:1');
  const child = { ...target, tag: null };
  const files = { app: '#!/bin/sh\n' };
  const linux = pushImage(child, { os: 'linux', architecture: 'amd64', files, entrypoint: ['/app'] });
  const wasm = { 'app.wasm': HELLO_MODULE };
  const wasi = pushImage(child, { os: 'wasi', architecture: 'wasm', files: wasm, entrypoint: ['/app.wasm'] });
  const manifests = [linux, { ...wasi, platform: { os: 'wasi', architecture: 'wasm' } }];
  pushManifest(target, { schemaVersion: 2, mediaType: OCI_INDEX, manifests }, OCI_INDEX);
}

/** An index with a single entry for arm64, which buildx writes because of provenance. */
function pushForeignIndex(store: ImageStore): void {
  const target = targetOf(store, 'examples/arm64-index:1');
  const files = { 'app.wasm': HELLO_MODULE };
  const build = { os: 'linux', architecture: 'arm64', files, entrypoint: ['/app.wasm'] };
  const entry = pushImage({ ...target, tag: null }, build);
  const manifests = [{ ...entry, platform: { os: 'linux', architecture: 'arm64' } }];
  pushManifest(target, { schemaVersion: 2, mediaType: OCI_INDEX, manifests }, OCI_INDEX);
}

/** Pushes every image that an example names: `examples/<name>:1`, and the fixtures under their own names. */
export function putExampleImages(store: ImageStore): void {
  const needed: ReadonlySet<string> = new Set(Object.values(FIXTURES));
  for (const image of loadFixtureImages()) if (needed.has(image.name)) putFixtureImage(store, image);
  const text = { 'hello.wat': '(module)' };
  const build = { os: 'linux', architecture: 'amd64', files: text, entrypoint: ['/hello.wat'] };
  pushImage(targetOf(store, 'examples/text:1'), build);
  const pointer = { 'app.wasm': 'version https://git-lfs.github.com/spec/v1\n' };
  pushImage(targetOf(store, 'examples/lfs-pointer:1'), {
    os: 'wasi',
    architecture: 'wasm',
    files: pointer,
    entrypoint: ['/app.wasm'],
  });
  pushHandMadeLayer(store);
  pushMixedIndex(store);
  pushForeignIndex(store);
  pushProgram(store, 'go-program', 750_000);
  pushProgram(store, 'large-program', 6_000_000);
}

/** Returns an example's manifest with references to images that exist. */
export function withRegistry(manifest: string, host: string): string {
  return manifest
    .replaceAll(/registry\.example\.com\/examples\/([\w-]+):1/g, (reference, name: string) =>
      Object.hasOwn(FIXTURES, name) ? `${host}/corpus/${FIXTURES[name as keyof typeof FIXTURES]}` : reference,
    )
    .replaceAll(EXAMPLE_REGISTRY, `${host}/examples`);
}
