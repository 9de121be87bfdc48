import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';

export interface Target {
  readonly port: number;
  /** PEM of the CA to trust. */
  readonly ca: string;
}

/** One keep-alive connection with one request at a time; an API server has several. */
export interface Connection {
  /** Calls `onBody`, which must not keep the buffer and may throw, or `onFail`. */
  readonly ask: (request: Buffer, onBody: (body: Buffer) => void, onFail: (error: Error) => void) => void;
  readonly close: () => void;
}

/** Longer than any call's timeout. */
const PATIENCE_MILLISECONDS = 30_000;

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

/** Sends one request and resolves with the answer's body; rejects unless that is 200. */
export function askOnce({ ask }: Connection, request: Buffer): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  ask(request, (body) => resolve(body.toString()), reject);
  return promise;
}

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

interface Waiting {
  readonly onBody: (body: Buffer) => void;
  readonly onFail: (error: Error) => void;
}

/**
 * A minimal HTTP client: requests are prepared as bytes and only the length of an answer is parsed, so that one core of load
 * suffices for one core of server. node:https and undici cost more for a request than the servers do.
 */
export async function openConnection({ port, ca }: Target): Promise<Connection> {
  const socket: TLSSocket = connect({ port, host: '127.0.0.1', ca, minVersion: 'TLSv1.3' });
  await once(socket, 'secureConnect');
  socket.setNoDelay(true);
  let waiting: Waiting | null = null;
  let received: Buffer | null = null;
  let fault: Error | null = null;

  const fail = (error: Error): void => {
    fault ??= error;
    const failed = waiting;
    waiting = null;
    failed?.onFail(fault);
    socket.destroy();
  };
  const receive = (chunk: Buffer): void => {
    received = received === null ? chunk : Buffer.concat([received, chunk]);
    const body = findBody(received);
    if (body === null || waiting === null) return;
    const [whole, { onBody, onFail }] = [received, waiting];
    received = null;
    waiting = null;
    try {
      onBody(whole.subarray(body.start, body.end));
    } catch (error) {
      onFail(errorOf(error));
    }
  };
  socket.on('data', (chunk: Buffer) => {
    try {
      receive(chunk);
    } catch (error) {
      fail(errorOf(error));
    }
  });
  socket.on('error', fail);
  socket.setTimeout(PATIENCE_MILLISECONDS, () => {
    if (waiting !== null) fail(new Error('Cannot read answer: none has come for 30 s'));
  });
  socket.on('close', () => fail(new Error('Cannot read answer: the server closed the connection')));
  return {
    ask: (request, onBody, onFail) => {
      if (fault !== null) return onFail(fault);
      waiting = { onBody, onFail };
      socket.write(request);
    },
    close: () => void socket.destroy(),
  };
}
