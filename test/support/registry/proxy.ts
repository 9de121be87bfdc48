import { createServer, request as sendRequest, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';

export interface TestProxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** One line per request, such as `CONNECT registry.test:443` or `GET http://…`. */
  readonly lines: readonly string[];
}

interface ProxyOptions {
  /** Required `user:password`. */
  readonly login?: string;
  /** Port to forward every request to, in place of the requested one. */
  readonly target?: number;
  /** Status of the response to every CONNECT. */
  readonly status?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
}

function isAuthorized({ headers }: IncomingMessage, login: string | undefined): boolean {
  const wanted = `Basic ${Buffer.from(login ?? '').toString('base64')}`;
  return login === undefined || headers['proxy-authorization'] === wanted;
}

/** Starts a real forward proxy, with CONNECT tunnels and absolute URLs of plain HTTP. */
export async function startProxy(options: ProxyOptions = {}): Promise<TestProxy> {
  const lines: string[] = [];
  const sockets = new Set<Socket>();
  const portOf = (port: string): number => options.target ?? Number(port);
  const forward: RequestListener = (request, response) => {
    lines.push(`${request.method} ${request.url}`);
    if (!isAuthorized(request, options.login)) {
      response.writeHead(407).end();
      return;
    }
    const { port, pathname } = new URL(request.url ?? '');
    const upstream = { host: '127.0.0.1', port: portOf(port), path: pathname, method: request.method };
    sendRequest(upstream, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    }).end();
  };
  const server =
    options.tls === undefined ? createServer(forward) : createTlsServer({ ...options.tls }, forward);
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    lines.push(`CONNECT ${request.url}`);
    const status = isAuthorized(request, options.login) ? (options.status ?? 200) : 407;
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const [, port = ''] = /:(\d+)$/.exec(request.url ?? '') ?? [];
    const upstream = connect(portOf(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [socket, upstream]) {
      sockets.add(end);
      end.on('error', () => end.destroy());
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    port,
    lines,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
