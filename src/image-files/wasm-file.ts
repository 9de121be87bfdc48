import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { CNCF_WASM_CONFIG, CNCF_WASM_LAYER, OCI_CONFIG, OCI_MANIFEST } from '../image/media-types.ts';
import type { Digest } from '../image/reference.ts';
import { createTarHeader, TAR_BLOCK, tarPadding } from '../image/tar-header.ts';
import type { FetchedDocument, RegistryPort } from '../images/ports.ts';
import { createFileRegistry } from './file-registry.ts';
import { readRange, type StoredFile } from './file-tree.ts';
import { sha256, standIn, type Blob } from './image-file.ts';

/** The ways to make an image of a Wasm file. */
export const PACKAGINGS = ['artifact', 'wasi-image', 'linux-image'] as const;
export type Packaging = (typeof PACKAGINGS)[number];

interface WasmFile {
  readonly path: string;
  readonly shape: 'module' | 'component';
}

interface Content {
  readonly config: { readonly mediaType: string; readonly document: object };
  readonly layer: StoredFile & { readonly mediaType: string };
}

const TAR_LAYER = 'application/vnd.oci.image.layer.v1.tar';

/** Names that need no quoting in an archive or a command. */
const PLAIN_NAME = /^[\w.-]{1,90}\.wasm$/;

/** Returns what the file is called in an image. */
function nameInImage(path: string): string {
  const name = basename(path);
  return PLAIN_NAME.test(name) ? name : 'app.wasm';
}

/** An artifact (CNCF TAG Runtime, "Wasm OCI artifact layout"), as wkg and `oras push` make it. */
function artifactOf({ shape }: WasmFile, file: StoredFile): Content {
  // What a component exports is not read; one that is to run exports one of these.
  const component = { exports: ['wasi:cli/run'], imports: [] };
  const config = { architecture: 'wasm', os: shape === 'module' ? 'wasip1' : 'wasip2' };
  const document = shape === 'module' ? config : { ...config, component };
  return {
    config: { mediaType: CNCF_WASM_CONFIG, document },
    layer: { ...file, mediaType: CNCF_WASM_LAYER },
  };
}

/** Wraps the file into an archive that holds nothing else. */
function archiveOf(name: string, { size, read }: StoredFile): StoredFile {
  async function* readAll(): AsyncGenerator<Uint8Array> {
    yield createTarHeader(name, size);
    yield* read(size);
    yield new Uint8Array(tarPadding(size) + 2 * TAR_BLOCK);
  }
  async function* readSome(maxBytes: number): AsyncGenerator<Uint8Array> {
    let left = maxBytes;
    for await (const chunk of readAll()) {
      yield chunk.subarray(0, left);
      left -= chunk.byteLength;
      if (left <= 0) return;
    }
  }
  return { size: TAR_BLOCK + size + tarPadding(size) + 2 * TAR_BLOCK, read: readSome };
}

function imageOf(os: string, { path }: WasmFile, file: StoredFile): Content {
  const name = nameInImage(path);
  const rootfs = { type: 'layers', diff_ids: [layerDigest(path)] };
  const architecture = os === 'linux' ? 'amd64' : 'wasm';
  const document = { architecture, os, config: { Entrypoint: [`/${name}`] }, rootfs };
  return {
    config: { mediaType: OCI_CONFIG, document },
    layer: { ...archiveOf(name, file), mediaType: TAR_LAYER },
  };
}

function contentOf(wasm: WasmFile, packaging: Packaging, file: StoredFile): Content {
  switch (packaging) {
    case 'artifact':
      return artifactOf(wasm, file);
    case 'wasi-image':
      return imageOf('wasi', wasm, file);
    case 'linux-image':
      return imageOf('linux', wasm, file);
  }
}

/** Stands for the layer: nothing is pushed, so the file need not be read to its end for its digest. */
function layerDigest(path: string): Digest {
  return sha256(Buffer.from(path));
}

async function* readFile(path: string, maxBytes: number): AsyncGenerator<Uint8Array> {
  await using handle = await open(path);
  yield* readRange(handle, 0, maxBytes);
}

/** Returns a registry with the image that this packaging would make of the file. */
export async function packWasmFile(wasm: WasmFile, packaging: Packaging): Promise<RegistryPort> {
  const { size } = await stat(wasm.path);
  const { config, layer } = contentOf(wasm, packaging, {
    size,
    read: (maxBytes) => readFile(wasm.path, maxBytes),
  });
  const bytes = Buffer.from(JSON.stringify(config.document));
  const blobs = new Map<Digest, Blob>([
    [sha256(bytes), { size: bytes.length, read: () => oneChunk(bytes), storedDigest: sha256(bytes) }],
    [layerDigest(wasm.path), { ...layer, storedDigest: null }],
  ]);
  const document = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: config.mediaType, digest: sha256(bytes), size: bytes.length },
    layers: [{ mediaType: layer.mediaType, digest: layerDigest(wasm.path), size: layer.size }],
  };
  const manifest = (): Promise<FetchedDocument> => Promise.resolve(standIn(document, OCI_MANIFEST));
  const findBlob = (digest: Digest): Promise<Blob | null> => Promise.resolve(blobs.get(digest) ?? null);
  const image = { labels: [], references: [], manifest };
  return createFileRegistry({ file: { findBlob }, image, name: wasm.path });
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield bytes;
}
