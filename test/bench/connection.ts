import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';

export interface Target {
  readonly port: number;
  /** PEM of the CA to trust. */
  readonly ca: string;
}

/** One keep-alive connection with one request at a time; an API server has several. */
export interface Connection {
  /** `onBody` gets the answer's body and must not keep the buffer. */
  readonly ask: (request: Buffer, onBody: (body: Buffer) => void) => void;
  readonly close: () => void;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LENGTH = 'content-length: ';

/** The range of the body; null while it is incomplete. */
function findBody(received: Buffer): { readonly start: number; readonly end: number } | null {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd < 0) return null;
  const head = received.toString('latin1', 0, headEnd).toLowerCase();
  const at = head.indexOf(LENGTH);
  if (!head.startsWith('http/1.1 200 ') || at < 0) {
    throw new Error(`Cannot use answer: ${received.toString('latin1', 0, 600)}`);
  }
  const start = headEnd + HEAD_END.length;
  const end = start + Number.parseInt(head.slice(at + LENGTH.length), 10);
  return received.length < end ? null : { start, end };
}

/** Returns the bytes of a request as the API server sends it. */
export function requestBytes(path: '/mutate' | '/validate', review: object): Buffer {
  const json = Buffer.from(JSON.stringify(review));
  const head = [
    `POST ${path}?timeout=10s HTTP/1.1`,
    'Host: wasmgate.wasmgate-system.svc:443',
    'User-Agent: kube-apiserver-admission',
    `Content-Length: ${json.length}`,
    'Accept: application/json, */*',
    'Content-Type: application/json',
    'Accept-Encoding: gzip',
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), json]);
}

/** Sends one request and resolves with the answer's body. */
export function askOnce({ ask }: Connection, request: Buffer): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  ask(request, (body) => resolve(body.toString()));
  return promise;
}

/**
 * A minimal HTTP client: requests are prepared as bytes and only the length of an answer is parsed, so that one core of load
 * suffices for one core of server. node:https and undici cost more for a request than the servers do.
 */
export async function openConnection({ port, ca }: Target): Promise<Connection> {
  const socket: TLSSocket = connect({ port, host: '127.0.0.1', ca, minVersion: 'TLSv1.3' });
  await once(socket, 'secureConnect');
  socket.setNoDelay(true);
  let answered: ((body: Buffer) => void) | null = null;
  let received: Buffer | null = null;
  socket.on('data', (chunk: Buffer) => {
    received = received === null ? chunk : Buffer.concat([received, chunk]);
    const body = findBody(received);
    if (body === null || answered === null) return;
    const [whole, told] = [received, answered];
    received = null;
    answered = null;
    told(whole.subarray(body.start, body.end));
  });
  socket.on('close', () => {
    if (answered !== null) throw new Error('Cannot read answer: the server closed the connection');
  });
  return {
    ask: (request, onBody) => {
      answered = onBody;
      socket.write(request);
    },
    close: () => void socket.destroy(),
  };
}
