import type { Dispatcher } from 'undici';
import { rejectOnAbort } from '../lib/race-abort.ts';
import type { Dispatchers } from './connection/dispatchers.ts';
import { networkError } from './connection/network-error.ts';
import { sendRequest } from './connection/undici-parts.ts';
import type { Limits } from './defaults.ts';
import type { HttpRequest, HttpResponse, RequestEvent, Send } from './http-types.ts';

export interface HttpDeps {
  readonly dispatchers: Dispatchers;
  readonly onRequest: (event: RequestEvent) => void;
}

function toResponse(
  answer: Dispatcher.ResponseData,
  request: HttpRequest,
  hooks: { readonly discardBytes: number; readonly done: (status: number, bytes: number) => void },
): HttpResponse {
  const status = answer.statusCode;
  async function* read(): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    try {
      for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
        bytes += chunk.byteLength;
        yield chunk;
      }
    } catch (error) {
      throw networkError(error, request);
    } finally {
      hooks.done(status, bytes);
    }
  }
  const body = read();
  const discard = async (): Promise<void> => {
    let bytes = 0;
    try {
      for await (const chunk of body) {
        bytes += chunk.byteLength;
        if (bytes > hooks.discardBytes) break;
      }
    } catch {
      // The answer is no longer wanted, so neither is what went wrong with the rest of it.
    }
  };
  const { url, isElsewhere = false } = request;
  return { status, headers: answer.headers, url, isElsewhere, body, discard };
}

/** The lowest layer: one request, one answer, no redirect followed, nothing decompressed; every failure has a reason. */
export function createHttp(deps: HttpDeps, limits: Limits): Send {
  return async (request) => {
    const { url, method, headers, signal, subject } = request;
    const told = { registry: subject.registry, host: url.host, method };
    const done = (status: number, bytes: number): void =>
      deps.onRequest({ ...told, status, reason: null, bytes });
    try {
      signal.throwIfAborted();
      // undici looks at the signal only once there is a connection.
      const dispatcher = await rejectOnAbort(deps.dispatchers.of(request), signal);
      const sent = sendRequest.call(dispatcher, {
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method,
        headers: { 'user-agent': 'wasmgate', ...headers },
        body: request.body ?? null,
        signal,
      });
      const answer = await rejectOnAbort(sent, signal);
      return toResponse(answer, request, { discardBytes: limits.discardBytes, done });
    } catch (error) {
      const failure = networkError(error, request);
      deps.onRequest({ ...told, status: null, reason: failure.code, bytes: 0 });
      throw failure;
    }
  };
}
