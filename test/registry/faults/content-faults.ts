import { gzipSync, zstdCompressSync } from 'node:zlib';
import { pushBlob, pushImage, pushManifest, type Target } from '../../../src/fake-registry/push-image.ts';
import { OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from '../../../src/image/media-types.ts';
import { body, type Fault } from './fault.ts';

const TAR_GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip';
const NOTHING = `sha256:${'0'.repeat(64)}`;
const CONFIG = `{"mediaType":"${OCI_CONFIG}","digest":"${NOTHING}","size":2}`;

const manifest = (fields: string): string => `{"schemaVersion":2,"config":${CONFIG},"layers":[],${fields}}`;

/** An image config of these bytes, in a manifest that is in order. */
function withConfig(bytes: Uint8Array | string, fields: object = {}): NonNullable<Fault['push']> {
  return (target) => {
    const config = { ...pushBlob(target, OCI_CONFIG, Buffer.from(bytes)), ...fields };
    pushManifest(target, { schemaVersion: 2, config, layers: [] });
  };
}

/** A Wasm image whose one layer is this. */
function withLayer(bytes: Uint8Array, fields: object = {}): NonNullable<Fault['push']> {
  return (target) => {
    const layer = { ...pushBlob(target, TAR_GZIP, bytes), ...fields };
    const config = pushBlob(target, OCI_CONFIG, {
      os: 'wasi',
      architecture: 'wasm',
      config: { Entrypoint: ['/app.wasm'] },
      rootfs: { type: 'layers', diff_ids: [NOTHING] },
    });
    pushManifest(target, { schemaVersion: 2, config, layers: [layer] });
  };
}

function pushIndex(target: Target, manifests: readonly object[]): void {
  pushManifest(target, { schemaVersion: 2, mediaType: OCI_INDEX, manifests }, OCI_INDEX);
}

const CHILD = { mediaType: OCI_MANIFEST, digest: NOTHING, size: 100 };
const LINUX = { os: 'linux', architecture: 'amd64' };

function children(count: number, fields: object): NonNullable<Fault['push']> {
  const entry = { ...CHILD, ...fields };
  return (target) =>
    pushIndex(
      target,
      Array.from({ length: count }, () => entry),
    );
}

const ZEROS = Buffer.alloc(64 * 1024 * 1024);
const noise = (length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, index) => (index * 7919) % 251));

/** Index within index, as deep as asked for. */
function nest(target: Target, depth: number): void {
  let child: object = pushImage(
    { ...target, tag: null },
    { ...LINUX, files: { a: 'x' }, entrypoint: ['/a'] },
  );
  for (let level = 0; level < depth; level++) {
    const manifests = [{ ...child, platform: LINUX }];
    const document = { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
    const tag = level === depth - 1 ? target.tag : null;
    child = pushManifest({ ...target, tag }, document, OCI_INDEX);
  }
}

/** What the answers hold. */
export const contentFaults: readonly Fault[] = [
  {
    name: 'a web page with 200',
    reason: 'invalid',
    at: 'manifest',
    answer: body('<html>log in</html>'),
    requests: 1,
  },
  { name: 'nothing', reason: 'invalid', at: 'manifest', answer: body(''), requests: 1 },
  { name: 'null', reason: 'invalid', at: 'manifest', answer: body('null'), requests: 1 },
  { name: 'a list', reason: 'invalid', at: 'manifest', answer: body('[]'), requests: 1 },
  { name: 'a number', reason: 'invalid', at: 'manifest', answer: body('2'), requests: 1 },
  {
    name: 'bytes that are no UTF-8',
    reason: 'invalid',
    at: 'manifest',
    answer: body(Buffer.from('22fffe22', 'hex')),
  },
  {
    name: 'a byte order mark',
    reason: 'invalid',
    at: 'manifest',
    answer: body(`\uFEFF${manifest('"a":1')}`),
  },
  {
    name: 'gzip that was not asked for',
    reason: 'invalid',
    at: 'manifest',
    answer: body(gzipSync(manifest('"a":1')), { 'content-encoding': 'gzip' }),
  },
  {
    name: 'nesting deeper than any document',
    reason: 'invalid',
    at: 'manifest',
    answer: body(`${'['.repeat(100_000)}${']'.repeat(100_000)}`),
  },
  {
    name: 'objects nested without end',
    reason: 'invalid',
    at: 'manifest',
    answer: body('{"a":'.repeat(50_000)),
  },
  {
    name: 'deep nesting beside what counts',
    reason: null,
    at: 'manifest',
    answer: body(manifest(`"annotations":${'['.repeat(5000)}${']'.repeat(5000)}`)),
  },
  {
    name: 'keys given twice',
    reason: null,
    at: 'manifest',
    answer: body(manifest('"layers":[],"schemaVersion":2')),
  },
  {
    name: 'a key given twice, the second one wrong',
    reason: 'invalid',
    at: 'manifest',
    answer: body(manifest('"layers":7')),
  },
  {
    name: 'a __proto__ key',
    reason: null,
    at: 'manifest',
    answer: body(manifest('"__proto__":{"layers":[{}],"isAdmin":true}')),
  },
  {
    name: 'a __proto__ in place of what is needed',
    reason: 'invalid',
    at: 'manifest',
    answer: body(`{"schemaVersion":2,"__proto__":{"config":${CONFIG},"layers":[]}}`),
  },
  {
    name: 'constructor and toString',
    reason: null,
    at: 'manifest',
    answer: body(
      manifest('"constructor":{"prototype":{"x":1}},"toString":1,"annotations":{"hasOwnProperty":"x"}'),
    ),
  },
  {
    name: 'a number as text',
    reason: 'invalid',
    at: 'manifest',
    answer: body(manifest(`"config":{"mediaType":"${OCI_CONFIG}","digest":"${NOTHING}","size":"2"}`)),
  },
  {
    name: 'a negative size',
    reason: 'invalid',
    at: 'manifest',
    answer: body(manifest(`"config":{"mediaType":"${OCI_CONFIG}","digest":"${NOTHING}","size":-2}`)),
  },
  {
    name: 'a size beyond all numbers',
    reason: 'invalid',
    at: 'manifest',
    answer: body(manifest(`"config":{"mediaType":"${OCI_CONFIG}","digest":"${NOTHING}","size":1e999}`)),
  },
  {
    name: 'a config of terabytes',
    reason: 'too-large',
    at: 'manifest',
    answer: body(
      manifest(`"config":{"mediaType":"${OCI_CONFIG}","digest":"${NOTHING}","size":9007199254740991}`),
    ),
    requests: 1,
  },
  {
    name: 'a digest that leads upwards',
    reason: 'invalid',
    at: 'manifest',
    answer: body(manifest(`"config":{"mediaType":"${OCI_CONFIG}","digest":"../../etc/passwd","size":9}`)),
    requests: 1,
  },
  {
    name: 'a digest by an algorithm nobody has',
    reason: 'invalid',
    at: 'manifest',
    answer: body(
      manifest(`"config":{"mediaType":"${OCI_CONFIG}","digest":"md5:${'0'.repeat(32)}","size":9}`),
    ),
    requests: 1,
  },
  {
    name: 'layers that are no list',
    reason: 'invalid',
    at: 'manifest',
    answer: body(`{"schemaVersion":2,"config":${CONFIG},"layers":{}}`),
  },
  {
    name: 'a layer that is null',
    reason: 'invalid',
    at: 'manifest',
    answer: body(`{"schemaVersion":2,"config":${CONFIG},"layers":[null]}`),
  },
  {
    name: 'a hundred thousand layers',
    reason: 'invalid',
    at: 'manifest',
    answer: body(`{"schemaVersion":2,"config":${CONFIG},"layers":[${'{},'.repeat(100_000)}{}]}`),
  },
  {
    name: 'a manifest of schema 1',
    reason: 'unsupported',
    at: 'manifest',
    answer: body('{"schemaVersion":1,"fsLayers":[]}', {
      'content-type': 'application/vnd.docker.distribution.manifest.v1+prettyjws',
    }),
  },
  {
    name: 'another digest in its header',
    reason: 'invalid',
    at: 'manifest',
    answer: body(manifest('"a":1'), { 'docker-content-digest': NOTHING }),
    requests: 1,
  },
  {
    name: 'a config with another digest',
    reason: 'invalid',
    at: 'config',
    answer: body('{"os":"wasi"}'),
    requests: 2,
  },
  { name: 'a config that is no JSON', reason: 'invalid', push: withConfig('#!/bin/sh') },
  { name: 'a config that is null', reason: 'invalid', push: withConfig('null  ') },
  {
    name: 'a config of other types',
    reason: null,
    push: withConfig('{"os":7,"architecture":{},"config":[],"rootfs":"x"}'),
  },
  {
    name: 'a config with __proto__',
    reason: null,
    push: withConfig('{"os":"linux","config":{"__proto__":{"Entrypoint":["/a.wasm"]},"Entrypoint":["/b"]}}'),
  },
  {
    name: 'a config deeper than any',
    reason: 'invalid',
    push: withConfig(`${'['.repeat(100_000)}${']'.repeat(100_000)}`),
  },
  { name: 'a config shorter than it says', reason: null, push: withConfig('{"os":"linux"}', { size: 4000 }) },
  {
    name: 'a config over the cap that says it is small',
    reason: 'too-large',
    push: withConfig(Buffer.alloc(5_000_000, ' '), { size: 100 }),
  },
  {
    name: 'an index that is in itself',
    reason: 'invalid',
    push: (target) => pushIndex(target, [{ ...CHILD, platform: LINUX }]),
    at: 'manifest',
    answer: (request, response, whole) => {
      if (request.url?.includes('sha256') !== true) return whole(request, response);
      const self = JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_INDEX,
        manifests: [{ ...CHILD, platform: LINUX }],
      });
      response.writeHead(200, { 'content-type': OCI_INDEX }).end(self);
    },
  },
  { name: 'indexes five deep', reason: 'unsupported', push: (target) => nest(target, 5) },
  {
    name: 'thirty thousand children',
    reason: 'too-large',
    push: children(30_000, { platform: LINUX }),
    requests: 1,
  },
  {
    name: 'ten thousand children that are not there',
    reason: 'not-found',
    push: children(10_000, { platform: LINUX }),
    requests: 5,
  },
  {
    name: 'thousands of children without a platform',
    reason: 'not-found',
    push: children(4000, {}),
    requests: 5,
  },
  { name: 'an index without children', reason: 'unsupported', push: (target) => pushIndex(target, []) },
  {
    name: 'children that are no descriptors',
    reason: 'invalid',
    push: (target) => pushIndex(target, [{ platform: 7 }]),
  },
  {
    name: 'a child of terabytes',
    reason: 'not-found',
    push: (target) => pushIndex(target, [{ ...CHILD, size: 1e15, platform: LINUX }]),
    requests: 2,
  },
  { name: 'a gzip bomb for a layer', reason: null, push: withLayer(gzipSync(ZEROS)) },
  { name: 'a zstd bomb for a layer', reason: null, push: withLayer(zstdCompressSync(ZEROS)) },
  { name: 'a gzip bomb of noise that is no tar', reason: null, push: withLayer(gzipSync(noise(1_000_000))) },
  {
    name: 'a layer of gzip that breaks off',
    reason: null,
    push: withLayer(Buffer.concat([gzipSync(noise(5000)).subarray(0, 600), noise(600)])),
  },
  {
    name: 'a layer larger than it says',
    reason: 'invalid',
    push: withLayer(gzipSync(noise(5000)), { size: 100 }),
  },
  { name: 'a layer of no bytes', reason: null, push: withLayer(new Uint8Array(), { size: 100 }) },
];
