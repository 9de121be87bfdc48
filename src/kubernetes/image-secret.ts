import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { SnapshotPort, StoredSnapshot } from '../images/ports.ts';
import { child, property, type JsonObject } from '../lib/json.ts';
import { metadataText } from '../pod/object-metadata.ts';
import type { KubernetesClient } from './client.ts';
import { namespacePath } from './collections.ts';
import { createKubernetesError } from './kubernetes-error.ts';

export const IMAGE_SECRET = {
  /** Not a ConfigMap: facts of private images are confidential. */
  name: 'wasmgate-images',
  key: 'images.gz',
  /** A Secret holds 1 MiB (MaxSecretSize of Kubernetes' API). */
  maxBytes: 900 * 1024,
  /** After decompression: a snapshot's own limit (images/snapshot.ts), with some characters of two and three bytes. */
  maxInflatedBytes: 6 * 1024 * 1024,
} as const;

/** The metadata alone, so that a poll does not transfer what is known. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

/** Leaves alone what others own, and fails if the resourceVersion in it is not the current one. */
const MERGE_PATCH = 'application/merge-patch+json';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Text that is not gzip, or too long, is no snapshot either: it reads as an empty text, which is ignored and replaced. */
async function inflate(base64: string): Promise<string> {
  const bytes = Buffer.from(base64, 'base64');
  const { maxInflatedBytes: maxOutputLength } = IMAGE_SECRET;
  return decompress(bytes, { maxOutputLength }).then(
    (inflated) => inflated.toString('utf8'),
    () => '',
  );
}

async function readSecret(secret: JsonObject): Promise<StoredSnapshot> {
  const data = property(child(secret, 'data'), IMAGE_SECRET.key);
  const text = typeof data === 'string' && data !== '' ? await inflate(data) : null;
  return { text, version: metadataText(secret, 'resourceVersion') };
}

/** Keeps snapshots in a Secret that the manifests create: without it, or without the right to it, there are none. */
export function createImageSecret(
  { client }: { readonly client: KubernetesClient },
  { namespace }: { readonly namespace: string },
): SnapshotPort {
  const { name, key, maxBytes, maxInflatedBytes } = IMAGE_SECRET;
  const path = namespacePath(namespace, 'secrets', name);
  const reading = `read secret "${namespace}/${name}"`;
  const writing = `write secret "${namespace}/${name}"`;

  return {
    read: async (since, signal) => {
      if (since !== null) {
        const metadata = await client.request({ action: reading, path, accept: METADATA_ONLY }, signal);
        if (metadataText(metadata, 'resourceVersion') === since) return null;
      }
      return readSecret(await client.request({ action: reading, path }, signal));
    },
    write: async (text, version, signal) => {
      const bytes = await compress(text);
      if (bytes.length > maxBytes || Buffer.byteLength(text) > maxInflatedBytes)
        throw createKubernetesError(writing, 'too-large', { state: `it would exceed ${maxBytes} bytes` });
      const metadata = { resourceVersion: version };
      const body = { metadata, data: { [key]: bytes.toString('base64') } };
      const call = { action: writing, path, method: 'PATCH', body, accept: METADATA_ONLY } as const;
      const written = await client.request({ ...call, contentType: MERGE_PATCH }, signal);
      return metadataText(written, 'resourceVersion');
    },
  };
}
