import { createImageStore, type ImageStore } from '../../../src/fake-registry/image-store.ts';
import { isIndexMediaType } from '../../../src/image/media-types.ts';
import type { MakeImage } from './oci-image.ts';

/** Uploads at a time: registry and tests share the machine. */
const CONCURRENCY = 4;

interface Upload {
  /** Manifests come after blobs, indexes after manifests: registries check that what a document names is there. */
  readonly stage: 'blob' | 'manifest' | 'index';
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/** A store that notes what it is given. */
function recordingStore(): { readonly store: ImageStore; readonly uploads: ReadonlyMap<string, Upload> } {
  const kept = createImageStore();
  const uploads = new Map<string, Upload>();
  const note = (upload: Upload): void => void uploads.set(upload.path, upload);
  const store: ImageStore = {
    ...kept,
    putBlob: (repository, bytes) => {
      const digest = kept.putBlob(repository, bytes);
      const path = `${repository}/blobs/${digest}`;
      note({ stage: 'blob', path, bytes, mediaType: 'application/octet-stream' });
      return digest;
    },
    putManifest: (repository, tag, manifest) => {
      const digest = kept.putManifest(repository, tag, manifest);
      const stage = isIndexMediaType(manifest.mediaType) ? 'index' : 'manifest';
      note({ stage, path: `${repository}/manifests/${tag ?? digest}`, ...manifest });
      return digest;
    },
  };
  return { store, uploads };
}

export interface PushOptions {
  /** Value of the Authorization header. */
  readonly authorization?: string;
}

/**
 * Pushes all that `fill` puts into a store to a registry that speaks plain HTTP. Blobs that the registry has are not sent again.
 * @param registry `HOST:PORT`
 */
export async function pushStore(
  registry: string,
  fill: (store: ImageStore) => void,
  { authorization }: PushOptions = {},
): Promise<void> {
  const { store, uploads } = recordingStore();
  fill(store);
  const headers = authorization === undefined ? {} : { authorization };
  for (const stage of ['blob', 'manifest', 'index'] as const) {
    const waiting = [...uploads.values()].filter((upload) => upload.stage === stage);
    const send = stage === 'blob' ? sendBlob : sendManifest;
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        await send(registry, next, headers);
      }
    };
    // An index may be part of another, which the store has after it.
    await Promise.all(Array.from({ length: stage === 'index' ? 1 : CONCURRENCY }, worker));
  }
}

/** Pushes images as `<name>`, which is `repository:tag`. */
export function pushImages(
  registry: string,
  images: Readonly<Record<string, MakeImage>>,
  options: PushOptions = {},
): Promise<void> {
  const fill = (store: ImageStore): void => {
    for (const [name, make] of Object.entries(images)) make(store, name);
  };
  return pushStore(registry, fill, options);
}

type Headers = Readonly<Record<string, string>>;

async function request(url: URL | string, init: RequestInit, expected: readonly number[]): Promise<Response> {
  const response = await fetch(url, init);
  if (expected.includes(response.status)) return response;
  const { method = 'GET' } = init;
  throw new Error(`Cannot push: ${method} ${String(url)} gave ${response.status}: ${await response.text()}`);
}

async function sendBlob(
  registry: string,
  { path, bytes, mediaType }: Upload,
  headers: Headers,
): Promise<void> {
  const url = `http://${registry}/v2/${path}`;
  const found = await request(url, { method: 'HEAD', headers }, [200, 404]);
  if (found.ok) return;
  const [repository = '', digest = ''] = path.split('/blobs/');
  const uploads = `http://${registry}/v2/${repository}/blobs/uploads/`;
  const opened = await request(uploads, { method: 'POST', headers }, [202]);
  await opened.arrayBuffer();
  const target = new URL(opened.headers.get('location') ?? '', uploads);
  target.searchParams.set('digest', digest);
  const body = {
    method: 'PUT',
    headers: { ...headers, 'content-type': mediaType },
    body: Buffer.from(bytes),
  };
  await (await request(target, body, [201])).arrayBuffer();
}

async function sendManifest(
  registry: string,
  { path, bytes, mediaType }: Upload,
  headers: Headers,
): Promise<void> {
  const body = {
    method: 'PUT',
    headers: { ...headers, 'content-type': mediaType },
    body: Buffer.from(bytes),
  };
  await (await request(`http://${registry}/v2/${path}`, body, [201])).arrayBuffer();
}
