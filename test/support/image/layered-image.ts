import { createHash } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { ImageStore } from '../../../src/fake-registry/image-store.ts';
import {
  pushBlob,
  pushManifest,
  type PushedContent,
  targetOf,
} from '../../../src/fake-registry/push-image.ts';
import { DOCKER_CONFIG, DOCKER_MANIFEST, OCI_CONFIG, OCI_MANIFEST } from '../../../src/image/media-types.ts';
import { tarOf, type Tree } from './tar.ts';

type Compression = 'none' | 'gzip' | 'zstd';

export interface LayerSketch {
  readonly tree: Tree;
  readonly compression?: Compression;
  /** What the manifest says, if it is wrong. */
  readonly mediaType?: string;
}

export interface LayeredImage {
  readonly os?: string;
  readonly architecture?: string;
  /** The `config` of the image config: Entrypoint, Cmd, WorkingDir, Env, Labels. */
  readonly config?: object;
  /** Lowest first. */
  readonly layers: readonly LayerSketch[];
  readonly isDocker?: boolean;
}

const COMPRESS: Readonly<Record<Compression, (tar: Uint8Array) => Uint8Array>> = {
  none: (tar) => tar,
  gzip: gzipSync,
  zstd: zstdCompressSync,
};

const OCI_LAYERS: Readonly<Record<Compression, string>> = {
  none: 'application/vnd.oci.image.layer.v1.tar',
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
};

const DOCKER_LAYERS: Readonly<Record<Compression, string>> = {
  none: 'application/vnd.docker.image.rootfs.diff.tar',
  gzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  zstd: 'application/vnd.docker.image.rootfs.diff.tar.zstd',
};

/** Stores an image with layers from the real tar at `repository:tag`, or by digest alone in `repository`. */
export function putLayeredImage(store: ImageStore, name: string, sketch: LayeredImage): PushedContent {
  const { os = 'linux', architecture = 'amd64', config = {}, layers, isDocker = false } = sketch;
  const target = targetOf(store, name);
  const made = layers.map(({ tree, compression = 'gzip', mediaType }) => {
    const tar = tarOf(tree);
    const type = mediaType ?? (isDocker ? DOCKER_LAYERS : OCI_LAYERS)[compression];
    const diffId = `sha256:${createHash('sha256').update(tar).digest('hex')}`;
    return { diffId, layer: pushBlob(target, type, COMPRESS[compression](tar)) };
  });
  const rootfs = { type: 'layers', diff_ids: made.map(({ diffId }) => diffId) };
  const pushed = pushBlob(target, isDocker ? DOCKER_CONFIG : OCI_CONFIG, {
    os,
    architecture,
    config,
    rootfs,
  });
  const mediaType = isDocker ? DOCKER_MANIFEST : OCI_MANIFEST;
  const document = { schemaVersion: 2, mediaType, config: pushed, layers: made.map(({ layer }) => layer) };
  return pushManifest(target, document, mediaType);
}
