import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { OCI_CONFIG, OCI_EMPTY, OCI_INDEX, OCI_MANIFEST } from '../image/media-types.ts';
import type { Digest } from '../image/reference.ts';
import type { ImageStore } from './image-store.ts';

const TAR_GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip';
/** What BuildKit and buildah write into every config, Wasm or not. */
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
export const CREATED = '2026-01-01T00:00:00Z';

/** Where something is pushed to. */
export interface Target {
  readonly store: ImageStore;
  readonly repository: string;
  /** Null: to be had by digest only. */
  readonly tag: string | null;
}

export interface PushedContent {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

/** What `docker buildx build` makes of a small Dockerfile for one platform. */
export interface Build {
  readonly os: string;
  readonly architecture: string;
  readonly files: Readonly<Record<string, Uint8Array | string>>;
  readonly entrypoint: readonly string[];
  readonly cmd?: readonly string[];
}

/** @param reference `repository:tag` */
export function targetOf(store: ImageStore, reference: string): Target {
  const [repository = '', tag = null] = reference.split(':');
  return { store, repository, tag };
}

export function pushBlob(
  { store, repository }: Target,
  mediaType: string,
  content: Uint8Array | object,
): PushedContent {
  const bytes = content instanceof Uint8Array ? content : Buffer.from(JSON.stringify(content));
  return { mediaType, digest: store.putBlob(repository, bytes), size: bytes.byteLength };
}

export function pushManifest(
  { store, repository, tag }: Target,
  document: object,
  mediaType: string = OCI_MANIFEST,
): PushedContent {
  const bytes = Buffer.from(JSON.stringify(document));
  const digest = store.putManifest(repository, tag, { bytes, mediaType });
  return { mediaType, digest, size: bytes.byteLength };
}

/** An image for one platform, as BuildKit and buildah write it. */
export function pushImage(target: Target, build: Build): PushedContent {
  const { os, architecture, files, entrypoint, cmd } = build;
  const layer = createTarLayer(files);
  const run = { Env: [PATH], Entrypoint: entrypoint, ...(cmd === undefined ? {} : { Cmd: cmd }) };
  const rootfs = { type: 'layers', diff_ids: [layer.diffId] };
  const config = pushBlob(target, OCI_CONFIG, { created: CREATED, architecture, os, config: run, rootfs });
  const layers = [pushBlob(target, TAR_GZIP, layer.gzip)];
  return pushManifest(target, { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers });
}

/** The provenance that BuildKit adds by default; for its sake every image becomes an index. */
function pushAttestation(target: Target, subject: PushedContent): object {
  const artifactType = 'application/vnd.docker.attestation.manifest.v1+json';
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    predicateType: 'https://slsa.dev/provenance/v1',
  };
  const layers = [pushBlob(target, 'application/vnd.in-toto+json', statement)];
  const config = pushBlob(target, OCI_EMPTY, {});
  const document = { schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType, config, layers, subject };
  const annotations = {
    'vnd.docker.reference.digest': subject.digest,
    'vnd.docker.reference.type': 'attestation-manifest',
  };
  const platform = { architecture: 'unknown', os: 'unknown' };
  return { ...pushManifest(target, document), annotations, platform };
}

/** What `docker buildx build` pushes unless provenance is switched off. */
export function pushIndex(target: Target, builds: readonly Build[]): void {
  const untagged = { ...target, tag: null };
  const children = builds.map((build) => ({ build, image: pushImage(untagged, build) }));
  const manifests = [
    ...children.map(({ build: { os, architecture }, image }) => ({
      ...image,
      platform: { architecture, os },
    })),
    ...children.map(({ image }) => pushAttestation(untagged, image)),
  ];
  pushManifest(target, { schemaVersion: 2, mediaType: OCI_INDEX, manifests }, OCI_INDEX);
}

const BLOCK = 512;

export interface TarLayer {
  readonly gzip: Uint8Array;
  /** Of the tar itself: what `rootfs.diff_ids` of an image config lists. */
  readonly diffId: Digest;
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}

/** One header block (POSIX.1-1988 ustar); a time of zero makes the same image at every run. */
function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 100, 'utf8');
  block.write(octal(0o755, 8), 100, 'latin1');
  block.write(octal(0, 8) + octal(0, 8) + octal(size, 12) + octal(0, 12), 108, 'latin1');
  block.write(' '.repeat(8), 148, 'latin1');
  block.write('0', 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 7)} `, 148, 'latin1');
  return block;
}

/** A file-system layer with these files, by name without a leading slash. */
export function createTarLayer(files: Readonly<Record<string, Uint8Array | string>>): TarLayer {
  const blocks = Object.entries(files).flatMap(([name, content]) => {
    const bytes = Buffer.from(content);
    const padding = Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK);
    return [header(name, bytes.length), bytes, padding];
  });
  const tar = Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
  return { gzip: gzipSync(tar), diffId: `sha256:${createHash('sha256').update(tar).digest('hex')}` };
}
