import type { ClientRequest, IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { CONNECTION_DEFAULTS, type KubernetesConnection } from './connection.ts';
import { createKubernetesError } from './kubernetes-error.ts';

export interface KubernetesCall {
  /** For people: `list nodes`, `read secret "a/b"`. */
  readonly action: string;
  /** Without query; names in it encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly contentType?: string;
}

/** Sends one request and waits for the head of its answer. Throws what the network threw. */
export async function send(
  connection: KubernetesConnection,
  call: KubernetesCall,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const options = await connection.requestOptions();
  signal.throwIfAborted();
  const url = `${connection.server.href.replace(/\/$/, '')}${call.path}?${new URLSearchParams(call.query).toString()}`;
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const headers = {
    ...(options.headers as Readonly<Record<string, string>> | undefined),
    accept: 'application/json',
    'user-agent': 'wasmgate',
    ...(body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' }),
  };
  const method = call.method ?? 'GET';
  const open = await loadRequest(connection.server.protocol);
  for (let attempt = 0; ; attempt += 1) {
    const request = open(url, { ...options, method, headers, signal });
    try {
      return await exchange(request, body);
    } catch (error) {
      // A kept connection that the server closed just then says nothing about the server; reading again is harmless.
      const isStale = request.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
      if (!isStale || method !== 'GET' || attempt >= CONNECTION_DEFAULTS.idleSockets) throw error;
    }
  }
}

/**
 * Plain http is for proxies on the same machine and for tests. Importing `node:http` touches all its exports, among them
 * WebSocket, for which Node loads its whole fetch: 8 MiB.
 */
async function loadRequest(protocol: string): Promise<typeof https.request> {
  return protocol === 'http:' ? (await import('node:http')).request : https.request;
}

function exchange(request: ClientRequest, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.on('error', reject);
    request.end(body);
  });
}

/** Everything a stream holds, as text, up to a cap. */
export async function readStream(stream: Readable, maxBytes: number, action: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(action, maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const NEWLINE = 0x0a;

/** The lines of a stream as they come. A line that the stream's end cuts off is an error, not a line. */
export async function* readLines(stream: Readable, maxBytes: number, action: string): AsyncGenerator<string> {
  let pending: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      pending.push(chunk.subarray(start, end));
      yield Buffer.concat(pending).toString('utf8');
      pending = [];
      bytes = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    pending.push(chunk.subarray(start));
    bytes += chunk.length - start;
    if (bytes > maxBytes) throw tooLarge(action, maxBytes);
  }
  if (bytes > 0) {
    throw createKubernetesError(action, 'invalid-response', {
      state: 'the answer ended in the middle of a line',
    });
  }
}

function tooLarge(action: string, maxBytes: number): Error {
  return createKubernetesError(action, 'too-large', { state: `the answer is larger than ${maxBytes} bytes` });
}
