import { createHash } from 'node:crypto';
import type { ImageStore } from '../../src/fake-registry/image-store.ts';
import { pushBlob, pushManifest, targetOf } from '../../src/fake-registry/push-image.ts';
import { OCI_CONFIG, OCI_MANIFEST } from '../../src/image/media-types.ts';
import { loadFixtureImages, putFixtureImage } from '../support/image/fixture-images.ts';
import { digestOf } from '../support/image/image-facts.ts';

const WASM = 'bk-wasi-wasm';

/** Layers of an ordinary image; wasmgate does not read any of this size. */
const LAYERS = 6;
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const LAYER_BYTES = 20_000_000;

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

function readBlob(store: ImageStore, { digest }: Descriptor): Uint8Array {
  return store.blob(`corpus/${WASM}`, digest) ?? new Uint8Array();
}

/** What differs between images of one kind, in about as many bytes as build tools write. */
function labelsOf(index: number): Readonly<Record<string, string>> {
  return {
    'org.opencontainers.image.title': `app-${index}`,
    'org.opencontainers.image.version': `1.${index}`,
    'org.opencontainers.image.source': `https://git.example.com/team/app-${index}`,
    'org.opencontainers.image.revision': createHash('sha1').update(String(index)).digest('hex'),
  };
}

/** Returns references, without the registry's host, of that many different images, Wasm and Linux by turns. */
export function putManyImages(store: ImageStore, count: number): readonly string[] {
  const fixture = loadFixtureImages().find(({ name }) => name === WASM);
  if (fixture === undefined) throw new Error(`There is no image "${WASM}"`);
  putFixtureImage(store, fixture);
  const stored = store.manifest(`corpus/${WASM}`, 'latest');
  const manifest = JSON.parse(Buffer.from(stored?.bytes ?? '').toString()) as Manifest;
  const config = JSON.parse(Buffer.from(readBlob(store, manifest.config)).toString()) as { config: object };
  const layers = manifest.layers.map((layer) => readBlob(store, layer));

  return Array.from({ length: count }, (_, index) => {
    const name = `many/app-${index}:1.${index}`;
    const target = targetOf(store, name);
    const isWasm = index % 2 === 0;
    const digests = Array.from({ length: LAYERS }, (_layer, layer) => digestOf(`${index} ${layer}`));
    const changed = {
      ...config,
      ...(isWasm
        ? {}
        : { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: digests } }),
      config: {
        ...config.config,
        Labels: labelsOf(index),
        ...(isWasm ? {} : { Entrypoint: ['/app/server'] }),
      },
    };
    if (isWasm) for (const layer of layers) store.putBlob(target.repository, layer);
    const large = digests.map((digest) => ({ mediaType: LAYER, digest, size: LAYER_BYTES }));
    const document = {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: pushBlob(target, OCI_CONFIG, changed),
      layers: isWasm ? manifest.layers : large,
    };
    pushManifest(target, document, OCI_MANIFEST);
    return name;
  });
}
