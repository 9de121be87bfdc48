import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { limitConnections } from './limit-connections.ts';
import { cannotListen } from './listen.ts';

/** All metrics as text. */
export interface MetricsPage {
  readonly contentType: string;
  readonly write: () => Promise<string>;
}

export interface MetricsAddress {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
}

export interface ServedMetrics extends MetricsAddress {
  readonly close: () => Promise<void>;
}

export const METRICS_LIMITS = {
  path: '/metrics',
  /** A scrape request is one line and some headers. */
  requestTimeout: 5000,
  /** How often Node checks for slower requests; with its default of 30 s, the five seconds could become 35. */
  connectionsCheckingInterval: 1000,
  /** Collectors scrape every 15 to 60 s on one connection each, which the server must not close first. */
  keepAliveTimeout: 100_000,
  /** Enough for two collectors and a user with curl; other clients must not fill the memory. */
  maxConnections: 32,
  maxHeaderSize: 8192,
} as const;

/** An import would evaluate all exports of the module, among them WebSocket, for which Node loads its whole fetch. */
const { createServer } = process.getBuiltinModule('node:http');

const SETTING_NAMES = { host: 'server.metricsHost', port: '--metrics-port' };

async function sendPage(
  request: IncomingMessage,
  response: ServerResponse,
  page: MetricsPage,
): Promise<void> {
  const [path] = (request.url ?? '').split('?', 1);
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (path === METRICS_LIMITS.path && isRead) {
    const text = await page.write();
    const headers = { 'content-type': page.contentType, 'content-length': Buffer.byteLength(text) };
    response.writeHead(200, headers).end(request.method === 'HEAD' ? '' : text);
    return;
  }
  // Do not wait for a body.
  const headers = { 'content-type': 'text/plain; charset=utf-8', connection: 'close', allow: 'GET, HEAD' };
  const [status, text] =
    path === METRICS_LIMITS.path ? [405, 'Only GET.\n'] : [404, `Only ${METRICS_LIMITS.path} exists.\n`];
  response.writeHead(status, headers).end(text);
}

function close(server: Server): Promise<void> {
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  server.closeAllConnections();
  return closed.promise;
}

/**
 * Serves metrics by plain HTTP on their own port. On the webhook's port, a collector would need the CA from a Secret or skip
 * verification. Besides, only a port without other clients can be limited to the API server (manifests/README.md). Metrics are
 * counts: they name no image, namespace or host.
 * @throws AppError `cannot-listen`
 */
export async function serveMetrics(
  page: MetricsPage,
  { host, port }: MetricsAddress,
): Promise<ServedMetrics> {
  const { requestTimeout, connectionsCheckingInterval, keepAliveTimeout, maxHeaderSize } = METRICS_LIMITS;
  const times = {
    requestTimeout,
    headersTimeout: requestTimeout,
    connectionsCheckingInterval,
    keepAliveTimeout,
  };
  const server = createServer({ ...times, maxHeaderSize }, (request, response) =>
    sendPage(request, response, page).catch((error: unknown) => response.destroy(error as Error)),
  );
  limitConnections(server, METRICS_LIMITS.maxConnections);
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  server.listen({ host, port }, listening.resolve);
  try {
    await listening.promise;
  } catch (error) {
    throw cannotListen(error, { host, port }, SETTING_NAMES);
  }
  const address = server.address() as AddressInfo;
  return { host: address.address, port: address.port, close: () => close(server) };
}
