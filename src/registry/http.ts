import type { Dispatcher } from 'undici';
import type { UnknownReason } from '../detect/verdict.ts';
import { describeError } from '../lib/errors.ts';
import { describeNetworkFault, type NetworkFaultKind } from '../lib/network-fault.ts';
import { rejectOnAbort } from '../lib/race-abort.ts';
import { AddressDeniedError } from './connection/address-guard.ts';
import type { Dispatchers } from './connection/dispatchers.ts';
import { sendRequest } from './connection/undici-parts.ts';
import { RegistryError } from './errors.ts';
import type { HttpRequest, HttpResponse, RequestEvent, Send } from './http-types.ts';
import type { RegistryLimits } from './limits.ts';

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
      // The response is discarded, and so are its errors.
    }
  };
  const { url, isElsewhere = false } = request;
  return { status, headers: answer.headers, url, isElsewhere, body, discard };
}

/** The lowest layer: sends one request, follows no redirect, decompresses nothing; every failure has a reason. */
export function createHttp(deps: HttpDeps, limits: RegistryLimits): Send {
  return async (request) => {
    const { url, method, headers, signal, subject } = request;
    const event = { registry: subject.registry, host: url.host, method };
    const done = (status: number, bytes: number): void =>
      deps.onRequest({ ...event, status, reason: null, bytes });
    try {
      signal.throwIfAborted();
      // undici checks the signal only once it is connected.
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
      deps.onRequest({ ...event, status: null, reason: failure.code, bytes: 0 });
      throw failure;
    }
  };
}

/** Error codes of Node, OpenSSL, llhttp and undici. The first match wins; without one it is `unreachable`. */
const REASONS: readonly (readonly [RegExp, UnknownReason])[] = [
  [/^UND_ERR_(?:CONNECT|HEADERS|BODY)_TIMEOUT$|^ETIMEDOUT$/, 'timeout'],
  [/^UND_ERR_HEADERS_OVERFLOW$|^HPE_HEADER_OVERFLOW$|^UND_ERR_RES_EXCEEDED_MAX_SIZE$/, 'too-large'],
  [/^HPE_(?!CLOSED_CONNECTION|INVALID_EOF_STATE)/, 'invalid'],
  [/^UND_ERR_RES_CONTENT_LENGTH_MISMATCH$|^UND_ERR_INVALID_ARG$/, 'invalid'],
  // node:tls verification codes (X509 errors of OpenSSL), and a peer that does not speak TLS at all
  [/^ERR_(?:TLS|SSL|OSSL)|^EPROTO$|CERT|^UNABLE_TO_|SELF_SIGNED|^HOSTNAME_MISMATCH$|^CRL_/, 'tls'],
];

/** A connection that closed before or within the response. A new one often works, as either side closes idle ones. */
const RESETS: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
  'HPE_INVALID_EOF_STATE',
  'HPE_CLOSED_CONNECTION',
]);

/** What to do about the faults that `ADVICE` of their reason does not fit. */
const ADVICE: Readonly<Partial<Record<NetworkFaultKind, (host: string) => string>>> = {
  expired: (host) => `Renew the certificate of ${host}, or correct the clock.`,
  'not-yet-valid': (host) => `Correct the clock here or of ${host}.`,
  'wrong-name': (host) => `Use a name of the certificate, or replace the certificate of ${host}.`,
  'no-tls': (host) => `If ${host} speaks plain HTTP, name it in registry.plainHttp.`,
  'client-certificate': (host) => `Name a client certificate for ${host} in registry.tls or hosts.toml.`,
  tls: (host) => `Update TLS on ${host}.`,
};

/** Some parse errors of undici have no code. */
const PARSER_ERROR = 'HTTPParserError';

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.name === PARSER_ERROR ? 'HPE_UNKNOWN' : codeOf(error.cause);
}

/** Converts an error of undici, a socket or the address guard; returns RegistryErrors unchanged. */
export function networkError(error: unknown, request: HttpRequest): RegistryError {
  if (error instanceof RegistryError) return error;
  const { host } = request.url;
  const place = { host, isElsewhere: request.isElsewhere ?? false };
  if (error instanceof AddressDeniedError) {
    return new RegistryError('denied-by-config', request.subject, {
      ...place,
      state: `${host} is ${error.message}`,
    });
  }
  if (request.signal.aborted) {
    return new RegistryError('timeout', request.subject, {
      ...place,
      state: `${host} did not answer in time`,
    });
  }
  const code = codeOf(error);
  const reason = REASONS.find(([pattern]) => pattern.test(code))?.[1] ?? 'unreachable';
  const fault = describeNetworkFault(error);
  const advice = fault === null ? undefined : ADVICE[fault.kind]?.(host);
  return new RegistryError(reason, request.subject, {
    ...place,
    state: `${host}: ${fault?.state ?? describeError(error)}`,
    // A parse error quotes the bytes, perhaps a token, which must not reach a log. A fault is described in full.
    ...(code.startsWith('HPE_') || fault !== null ? {} : { cause: error }),
    transient: RESETS.has(code),
    ...(advice === undefined ? {} : { advice }),
  });
}
