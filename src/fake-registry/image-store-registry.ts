import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ImageStore } from './image-store.ts';

const PATH = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/;

interface Content {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly digest: string;
}

function find(store: ImageStore, path: string): Content | undefined {
  const [, repository = '', kind = '', name = ''] = PATH.exec(path) ?? [];
  if (kind === 'manifests') return store.manifest(repository, name);
  const bytes = store.blob(repository, name);
  return bytes === undefined ? undefined : { bytes, mediaType: 'application/octet-stream', digest: name };
}

function fail(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase().replaceAll('_', ' ') }] }));
}

/** Returns the prefix that a Range requests (RFC 9110 section 14). Ignores other ranges, as servers may. */
function cut(
  bytes: Uint8Array,
  header: string,
): { readonly bytes: Uint8Array; readonly range: string | null } {
  const last = /^bytes=0-(\d+)$/.exec(header)?.[1];
  if (last === undefined || bytes.byteLength === 0) return { bytes, range: null };
  const head = bytes.subarray(0, Number(last) + 1);
  return { bytes: head, range: `bytes 0-${head.byteLength - 1}/${bytes.byteLength}` };
}

function serve(store: ImageStore, request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (request.method !== 'GET' && request.method !== 'HEAD') return fail(response, 405, 'UNSUPPORTED');
  if (path === '/v2/' || path === '/v2') {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{}');
    return;
  }
  const content = find(store, path);
  if (content === undefined) {
    return fail(response, 404, path.includes('/blobs/') ? 'BLOB_UNKNOWN' : 'MANIFEST_UNKNOWN');
  }
  const isBlob = path.includes('/blobs/');
  const { bytes, ...part } = cut(content.bytes, isBlob ? (request.headers.range ?? '') : '');
  response.writeHead(part.range === null ? 200 : 206, {
    'content-type': content.mediaType,
    'content-length': bytes.byteLength,
    'docker-content-digest': content.digest,
    ...(part.range === null ? {} : { 'content-range': part.range }),
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

/** Creates an HTTP handler that serves a store as an OCI registry (distribution spec 1.1, "Pull"). */
export function createImageStoreRegistry(store: ImageStore): RequestListener {
  return (request, response) => {
    serve(store, request, response);
  };
}
