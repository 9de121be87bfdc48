import { createServer, request as sendRequest, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';

export interface TestProxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** `CONNECT registry.test:443` or `GET http://…`, one line per request. */
  readonly lines: readonly string[];
}

interface ProxyOptions {
  /** `user:password` that is wanted. */
  readonly login?: string;
  /** Where names lead that do not exist. */
  readonly target?: number;
  /** Answers every CONNECT with this. */
  readonly status?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
}

function isKnown({ headers }: IncomingMessage, login: string | undefined): boolean {
  const wanted = `Basic ${Buffer.from(login ?? '').toString('base64')}`;
  return login === undefined || headers['proxy-authorization'] === wanted;
}

/** A real forward proxy: tunnels by CONNECT, and whole addresses of plain http. */
export async function startProxy(options: ProxyOptions = {}): Promise<TestProxy> {
  const lines: string[] = [];
  const sockets = new Set<Socket>();
  const portOf = (port: string): number => options.target ?? Number(port);
  const forward: RequestListener = (request, response) => {
    lines.push(`${request.method} ${request.url}`);
    if (!isKnown(request, options.login)) {
      response.writeHead(407).end();
      return;
    }
    const { port, pathname } = new URL(request.url ?? '');
    const onward = { host: '127.0.0.1', port: portOf(port), path: pathname, method: request.method };
    sendRequest(onward, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    }).end();
  };
  const server =
    options.tls === undefined ? createServer(forward) : createTlsServer({ ...options.tls }, forward);
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    lines.push(`CONNECT ${request.url}`);
    const status = isKnown(request, options.login) ? (options.status ?? 200) : 407;
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const [, port = ''] = /:(\d+)$/.exec(request.url ?? '') ?? [];
    const onward = connect(portOf(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [socket, onward]) {
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
