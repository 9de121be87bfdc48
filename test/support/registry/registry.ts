import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { createImageStoreRegistry } from '../../../src/fake-registry/image-store-registry.ts';
import { createImageStore, type ImageStore } from '../../../src/fake-registry/image-store.ts';
import { startServer, type TestServer } from '../server/http-server.ts';
import { requireAuth, type RegistryAuth } from './registry-auth.ts';

export interface RegistryOptions extends Partial<RegistryAuth> {
  /** Fills the store before the registry starts. */
  readonly images?: (store: ImageStore) => void;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Wraps the registry, including its token server. The wrapper responds itself or calls `handler`. */
  readonly faults?: (handler: RequestListener) => RequestListener;
}

/** A request that the registry received. */
export interface LoggedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly auth: 'none' | 'basic' | 'bearer';
  readonly headers: IncomingHttpHeaders;
}

export interface TestRegistry extends TestServer {
  readonly store: ImageStore;
  readonly log: readonly LoggedRequest[];
  /** One line per request, such as `GET /v2/a/manifests/latest bearer`. */
  readonly lines: () => readonly string[];
}

function authKind(header: string | undefined): LoggedRequest['auth'] {
  if (header?.startsWith('Basic ') === true) return 'basic';
  return header === undefined ? 'none' : 'bearer';
}

/** Starts an in-memory OCI registry over real HTTP on 127.0.0.1. */
export async function startRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  const store = createImageStore();
  options.images?.(store);
  const log: LoggedRequest[] = [];
  const served = requireAuth(createImageStoreRegistry(store), { auth: 'none', ...options });
  const handler = options.faults?.(served) ?? served;
  const server = await startServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://registry');
    const { method = '', headers } = request;
    const auth = authKind(headers.authorization);
    log.push({ method, path: url.pathname, query: url.searchParams, auth, headers });
    handler(request, response);
  }, options.tls);
  const lines = (): readonly string[] => log.map(({ method, path, auth }) => `${method} ${path} ${auth}`);
  return { ...server, store, log, lines };
}
