import { createHash } from 'node:crypto';
import type { Digest } from '../image/reference.ts';

export interface StoredManifest {
  readonly bytes: Uint8Array;
  /** The Content-Type header; many manifests do not contain it. */
  readonly mediaType: string;
  readonly digest: Digest;
}

/** An in-memory store of an OCI registry's content, by repository. */
export interface ImageStore {
  /** @param tag null for a manifest that is available by digest only, such as an index's child */
  readonly putManifest: (
    repository: string,
    tag: string | null,
    manifest: Omit<StoredManifest, 'digest'>,
  ) => Digest;
  readonly putBlob: (repository: string, bytes: Uint8Array) => Digest;
  /** @param name tag or digest */
  readonly manifest: (repository: string, name: string) => StoredManifest | undefined;
  readonly blob: (repository: string, digest: string) => Uint8Array | undefined;
}

function sha256(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export function createImageStore(): ImageStore {
  const manifests = new Map<string, StoredManifest>();
  const blobs = new Map<string, Uint8Array>();
  return {
    putManifest: (repository, tag, { bytes, mediaType }) => {
      const digest = sha256(bytes);
      const stored = { bytes, mediaType, digest };
      manifests.set(`${repository}@${digest}`, stored);
      if (tag !== null) manifests.set(`${repository}:${tag}`, stored);
      return digest;
    },
    putBlob: (repository, bytes) => {
      const digest = sha256(bytes);
      blobs.set(`${repository}@${digest}`, bytes);
      return digest;
    },
    manifest: (repository, name) => manifests.get(`${repository}${name.includes(':') ? '@' : ':'}${name}`),
    blob: (repository, digest) => blobs.get(`${repository}@${digest}`),
  };
}
