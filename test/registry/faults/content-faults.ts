import { gzipSync, zstdCompressSync } from 'node:zlib';
import { pushBlob, pushImage, pushManifest, type Target } from '../../../src/fake-registry/push-image.ts';
import { OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from '../../../src/image/media-types.ts';
import { body, type Fault } from './fault.ts';

const TAR_GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip';
const NOTHING = `sha256:${'0'.repeat(64)}`;
const CONFIG = `{"mediaType":"${OCI_CONFIG}","digest":"${NOTHING}","size":2}`;

const manifest = (fields: string): string => `{"schemaVersion":2,"config":${CONFIG},"layers":[],${fields}}`;

/** Pushes an image with these bytes as its config and a valid manifest. */
function withConfig(bytes: Uint8Array | string, fields: object = {}): NonNullable<Fault['push']> {
  return (target) => {
    const config = { ...pushBlob(target, OCI_CONFIG, Buffer.from(bytes)), ...fields };
    pushManifest(target, { schemaVersion: 2, config, layers: [] });
  };
}

/** Pushes a Wasm image with this layer only. */
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

/** Pushes indexes nested to the given depth. */
function pushNestedIndexes(target: Target, depth: number): void {
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

/** Faults in the content of responses. */
export const contentFaults: readonly Fault[] = [
  {
    name: '200 with a web page',
    reason: 'invalid',
    at: 'manifest',
    answer: body('<html>log in</html>'),
    requests: 1,
  },
  { name: 'an empty document', reason: 'invalid', at: 'manifest', answer: body(''), requests: 1 },
  { name: 'null', reason: 'invalid', at: 'manifest', answer: body('null'), requests: 1 },
  { name: 'a list', reason: 'invalid', at: 'manifest', answer: body('[]'), requests: 1 },
  { name: 'a number', reason: 'invalid', at: 'manifest', answer: body('2'), requests: 1 },
  {
    name: 'bytes that are not UTF-8',
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
    name: 'an unsolicited gzip encoding',
    reason: 'invalid',
    at: 'manifest',
    answer: body(gzipSync(manifest('"a":1')), { 'content-encoding': 'gzip' }),
  },
  {
    name: 'excessively nested arrays',
    reason: 'invalid',
    at: 'manifest',
    answer: body(`${'['.repeat(100_000)}${']'.repeat(100_000)}`),
  },
  {
    name: 'unterminated nested objects',
    reason: 'invalid',
    at: 'manifest',
    answer: body('{"a":'.repeat(50_000)),
  },
  {
    name: 'deep nesting in annotations',
    reason: null,
    at: 'manifest',
    answer: body(manifest(`"annotations":${'['.repeat(5000)}${']'.repeat(5000)}`)),
  },
  {
    name: 'duplicate keys',
    reason: null,
    at: 'manifest',
    answer: body(manifest('"layers":[],"schemaVersion":2')),
  },
  {
    name: 'a duplicate key, the second one invalid',
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
    name: 'required keys within __proto__ only',
    reason: 'invalid',
    at: 'manifest',
    answer: body(`{"schemaVersion":2,"__proto__":{"config":${CONFIG},"layers":[]}}`),
  },
  {
    name: 'constructor and toString keys',
    reason: null,
    at: 'manifest',
    answer: body(
      manifest('"constructor":{"prototype":{"x":1}},"toString":1,"annotations":{"hasOwnProperty":"x"}'),
    ),
  },
  {
    name: 'a string as a number',
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
    name: 'an infinite size',
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
    name: 'a digest with a path traversal',
    reason: 'invalid',
    at: 'manifest',
    answer: body(manifest(`"config":{"mediaType":"${OCI_CONFIG}","digest":"../../etc/passwd","size":9}`)),
    requests: 1,
  },
  {
    name: 'a digest with an unsupported algorithm',
    reason: 'invalid',
    at: 'manifest',
    answer: body(
      manifest(`"config":{"mediaType":"${OCI_CONFIG}","digest":"md5:${'0'.repeat(32)}","size":9}`),
    ),
    requests: 1,
  },
  {
    name: 'layers that are not a list',
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
    name: 'another digest in the header',
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
  { name: 'a config that is not JSON', reason: 'invalid', push: withConfig('#!/bin/sh') },
  { name: 'a config that is null', reason: 'invalid', push: withConfig('null  ') },
  {
    name: 'a config with values of other types',
    reason: null,
    push: withConfig('{"os":7,"architecture":{},"config":[],"rootfs":"x"}'),
  },
  {
    name: 'a config with __proto__',
    reason: null,
    push: withConfig('{"os":"linux","config":{"__proto__":{"Entrypoint":["/a.wasm"]},"Entrypoint":["/b"]}}'),
  },
  {
    name: 'an excessively nested config',
    reason: 'invalid',
    push: withConfig(`${'['.repeat(100_000)}${']'.repeat(100_000)}`),
  },
  {
    name: 'a config shorter than its descriptor states',
    reason: null,
    push: withConfig('{"os":"linux"}', { size: 4000 }),
  },
  {
    name: 'an oversized config with a small size in its descriptor',
    reason: 'too-large',
    push: withConfig(Buffer.alloc(5_000_000, ' '), { size: 100 }),
  },
  {
    name: 'an index that contains itself',
    reason: 'invalid',
    push: (target) => pushIndex(target, [{ ...CHILD, platform: LINUX }]),
    at: 'manifest',
    answer: (request, response, handler) => {
      if (request.url?.includes('sha256') !== true) return handler(request, response);
      const self = JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_INDEX,
        manifests: [{ ...CHILD, platform: LINUX }],
      });
      response.writeHead(200, { 'content-type': OCI_INDEX }).end(self);
    },
  },
  { name: 'five nested indexes', reason: 'unsupported', push: (target) => pushNestedIndexes(target, 5) },
  {
    name: 'thirty thousand children',
    reason: 'too-large',
    push: children(30_000, { platform: LINUX }),
    requests: 1,
  },
  {
    name: 'ten thousand missing children',
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
    name: 'children that are not descriptors',
    reason: 'invalid',
    push: (target) => pushIndex(target, [{ platform: 7 }]),
  },
  {
    name: 'a child of terabytes',
    reason: 'not-found',
    push: (target) => pushIndex(target, [{ ...CHILD, size: 1e15, platform: LINUX }]),
    requests: 2,
  },
  { name: 'a gzip bomb as a layer', reason: null, push: withLayer(gzipSync(ZEROS)) },
  { name: 'a zstd bomb as a layer', reason: null, push: withLayer(zstdCompressSync(ZEROS)) },
  {
    name: 'a gzip layer that is not a tar archive',
    reason: null,
    push: withLayer(gzipSync(noise(1_000_000))),
  },
  {
    name: 'a corrupt gzip layer',
    reason: null,
    push: withLayer(Buffer.concat([gzipSync(noise(5000)).subarray(0, 600), noise(600)])),
  },
  {
    name: 'a layer larger than its descriptor states',
    reason: 'invalid',
    push: withLayer(gzipSync(noise(5000)), { size: 100 }),
  },
  { name: 'an empty layer', reason: null, push: withLayer(new Uint8Array(), { size: 100 }) },
];
