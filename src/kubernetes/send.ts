import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { MAX_IDLE_SOCKETS, type KubernetesConnection } from './connection.ts';
import { createKubernetesError } from './kubernetes-error.ts';

export interface KubernetesCall {
  /** For people: `list nodes`, `read secret "a/b"`. */
  readonly action: string;
  /** Without query; names in it are encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly contentType?: string;
  /** Default `application/json`. */
  readonly accept?: string;
  /** The largest response to read; the client has a limit of its own. */
  readonly maxBytes?: number;
}

/** Sends one request and resolves with the head of its response. Throws what the network threw. */
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
    accept: call.accept ?? 'application/json',
    'user-agent': 'wasmgate',
    ...(body === undefined ? {} : bodyHeaders(body, call.contentType)),
  };
  const method = call.method ?? 'GET';
  const open = await loadRequest(connection.server.protocol);
  for (let attempt = 0; ; attempt += 1) {
    const request = open(url, { ...options, method, headers, signal });
    try {
      return await exchange(request, body);
    } catch (error) {
      // The server has just closed an idle connection, which says nothing about its health. Repeating a GET is safe.
      const isStale = request.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
      if (!isStale || method !== 'GET' || attempt >= MAX_IDLE_SOCKETS) throw error;
    }
  }
}

/** Node announces no length of a body that a DELETE has, and the server would read it as the next request. */
function bodyHeaders(body: string, contentType = 'application/json'): OutgoingHttpHeaders {
  return { 'content-type': contentType, 'content-length': Buffer.byteLength(body) };
}

/**
 * Imports `node:http` only for plain http, as local proxies and tests use it: the import evaluates all exports, among them
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

/** Reads a whole stream as text, up to a limit. */
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

/** Yields the lines of a stream as they arrive. A last line without a line break is an error: the stream was cut off. */
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
      state: 'the response ended in the middle of a line',
    });
  }
}

function tooLarge(action: string, maxBytes: number): Error {
  return createKubernetesError(action, 'too-large', { state: `the response exceeds ${maxBytes} bytes` });
}
