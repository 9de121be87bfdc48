import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { limitConnections } from './limit-connections.ts';
import { cannotListen } from './listen.ts';

/** Everything that is counted, as text. */
export interface MetricsPage {
  readonly contentType: string;
  readonly write: () => string;
}

export interface MetricsAddress {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface ServedMetrics extends MetricsAddress {
  readonly close: () => Promise<void>;
}

export const DEFAULTS = {
  path: '/metrics',
  /** A scrape is one line and some headers. */
  requestTimeout: 5000,
  /** How often Node looks for those that take longer; its own 30 s would make 35 s of the five. */
  connectionsCheckingInterval: 1000,
  /** Collectors come every 15 to 60 s by one connection each: who closes first must not be we. */
  keepAliveTimeout: 100_000,
  /** Two collectors and a user with curl; others who reach the port must not fill the memory. */
  maxConnections: 32,
  maxHeaderSize: 8192,
} as const;

const NAMES = { host: 'server.metricsHost', port: '--metrics-port' };

function answer(request: IncomingMessage, response: ServerResponse, page: MetricsPage): void {
  const [path] = (request.url ?? '').split('?', 1);
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (path === DEFAULTS.path && isRead) {
    const text = page.write();
    const headers = { 'content-type': page.contentType, 'content-length': Buffer.byteLength(text) };
    response.writeHead(200, headers).end(request.method === 'HEAD' ? '' : text);
    return;
  }
  // A body that nobody wants is not waited for.
  const headers = { 'content-type': 'text/plain; charset=utf-8', connection: 'close', allow: 'GET, HEAD' };
  const [status, text] =
    path === DEFAULTS.path ? [405, 'Only GET.\n'] : [404, `There is ${DEFAULTS.path} and nothing else.\n`];
  response.writeHead(status, headers).end(text);
}

function close(server: Server): Promise<void> {
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  server.closeAllConnections();
  return closed.promise;
}

/**
 * Plain HTTP on a port of its own. On the webhook's port a collector would need the CA that is in a Secret, or look away; and
 * that port can be kept to the API server (manifests/README.md) only while nobody else has business there. What is told is
 * counts: no name of an image, a namespace or a host.
 * @throws AppError `cannot-listen`
 */
export async function serveMetrics(
  page: MetricsPage,
  { host, port }: MetricsAddress,
): Promise<ServedMetrics> {
  const { requestTimeout, connectionsCheckingInterval, keepAliveTimeout, maxHeaderSize } = DEFAULTS;
  const times = {
    requestTimeout,
    headersTimeout: requestTimeout,
    connectionsCheckingInterval,
    keepAliveTimeout,
  };
  const server = createServer({ ...times, maxHeaderSize }, (request, response) =>
    answer(request, response, page),
  );
  limitConnections(server, DEFAULTS.maxConnections);
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  server.listen({ host, port }, listening.resolve);
  try {
    await listening.promise;
  } catch (error) {
    throw cannotListen(error, { host, port }, NAMES);
  }
  const address = server.address() as AddressInfo;
  return { host: address.address, port: address.port, close: () => close(server) };
}
