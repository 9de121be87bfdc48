import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface TestServer extends AsyncDisposable {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  readonly port: number;
  /** Closes every connection and frees the port. */
  readonly close: () => Promise<void>;
}

const DEFAULTS = { sweepMilliseconds: 50 } as const;

/** Starts a real server on a free port, or on the port of an earlier server. */
export async function startServer(
  handler: RequestListener,
  tls?: { readonly key: string; readonly cert: string },
  wantedPort = 0,
): Promise<TestServer> {
  const server = tls === undefined ? createHttpServer(handler) : createHttpsServer({ ...tls }, handler);
  await new Promise<void>((resolve) => {
    server.listen(wantedPort, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise((resolve) => {
      server.close(resolve);
    });
    server.closeAllConnections();
    // A connection in its TLS handshake is not known to the HTTP server yet, and could open a watch that stays.
    const sweep = setInterval(() => server.closeAllConnections(), DEFAULTS.sweepMilliseconds);
    await closed;
    clearInterval(sweep);
  };
  return { host: `127.0.0.1:${port}`, port, close, [Symbol.asyncDispose]: close };
}
