import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { OCI_CONFIG, OCI_EMPTY, OCI_INDEX, OCI_MANIFEST } from '../image/media-types.ts';
import type { Digest } from '../image/reference.ts';
import { createTarHeader, TAR_BLOCK, tarPadding } from '../image/tar-header.ts';
import type { ImageStore } from './image-store.ts';

const TAR_GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip';
/** BuildKit and buildah write it into every config, Wasm or not. */
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
export const CREATED = '2026-01-01T00:00:00Z';

/** The destination of a push. */
export interface Target {
  readonly store: ImageStore;
  readonly repository: string;
  /** Null for content that is available by digest only. */
  readonly tag: string | null;
}

export interface PushedContent {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

/** Content of an image for one platform. */
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

interface TarLayer {
  readonly gzip: Uint8Array;
  /** Digest of the uncompressed tar, for `rootfs.diff_ids` in an image config. */
  readonly diffId: Digest;
}

/** Creates a file-system layer. File names have no leading slash. */
export function createTarLayer(files: Readonly<Record<string, Uint8Array | string>>): TarLayer {
  const blocks = Object.entries(files).flatMap(([name, content]) => {
    const bytes = Buffer.from(content);
    const padding = new Uint8Array(tarPadding(bytes.length));
    return [createTarHeader(name, bytes.length), bytes, padding];
  });
  const tar = Buffer.concat([...blocks, new Uint8Array(2 * TAR_BLOCK)]);
  return { gzip: gzipSync(tar), diffId: `sha256:${createHash('sha256').update(tar).digest('hex')}` };
}

/** Pushes an image for one platform, in the format of BuildKit and buildah. */
export function pushImage(target: Target, build: Build): PushedContent {
  const { os, architecture, files, entrypoint, cmd } = build;
  const layer = createTarLayer(files);
  const run = { Env: [PATH], Entrypoint: entrypoint, ...(cmd === undefined ? {} : { Cmd: cmd }) };
  const rootfs = { type: 'layers', diff_ids: [layer.diffId] };
  const config = pushBlob(target, OCI_CONFIG, { created: CREATED, architecture, os, config: run, rootfs });
  const layers = [pushBlob(target, TAR_GZIP, layer.gzip)];
  return pushManifest(target, { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers });
}

/** Pushes the provenance that BuildKit adds by default, which turns every image into an index. */
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

/** Pushes an index with provenance, as `docker buildx build` does by default. */
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
