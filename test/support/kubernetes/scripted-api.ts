import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubernetesConnection } from '../../../src/kubernetes/connection.ts';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Responds to one request, as a line of a script. */
export type Step = (request: SeenRequest, response: ServerResponse) => void;

export interface ScriptedApi extends AsyncDisposable {
  readonly connection: KubernetesConnection;
  readonly seen: readonly SeenRequest[];
  /** Open responses in the order of their requests: to send events, or to break them. */
  readonly open: readonly ServerResponse[];
}

/** Starts a real HTTP server that plays a script: the first request gets the first step, and the last step repeats. */
export async function startScriptedApi(steps: readonly Step[]): Promise<ScriptedApi> {
  const seen: SeenRequest[] = [];
  const open: ServerResponse[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const { method = '', headers } = request;
      const step = steps[Math.min(seen.length, steps.length - 1)];
      const entry = {
        method,
        path: url.pathname,
        query: url.searchParams,
        headers,
        body: Buffer.concat(chunks).toString(),
      };
      seen.push(entry);
      open.push(response);
      step?.(entry, response);
    });
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  const { port } = server.address() as AddressInfo;
  return {
    connection: {
      server: new URL(`http://127.0.0.1:${port}`),
      requestOptions: () => Promise.resolve({ headers: { authorization: 'Bearer test' } }),
    },
    seen,
    open,
    [Symbol.asyncDispose]: async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

export function json(body: unknown, status = 200): Step {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
}

/** Responds with an error as the API server does, in a `Status` object. */
export function errorStatus(code: number, reason: string, message = `${reason} in words`): Step {
  return json({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code }, code);
}

/** Responds with a watch that sends these events and stays open. */
export function watch(...events: readonly object[]): Step {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const event of events) response.write(`${JSON.stringify(event)}\n`);
  };
}

export function list(resourceVersion: string, items: readonly object[], next = ''): Step {
  return json({ metadata: { resourceVersion, continue: next }, items });
}

/** Returns an object with a name, a version, and a label to distinguish states. */
export function thing(name: string, resourceVersion: string, state = ''): object {
  return { metadata: { name, resourceVersion, labels: { state } } };
}
