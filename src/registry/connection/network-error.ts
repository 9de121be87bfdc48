import type { UnknownReason } from '../../detect/verdict.ts';
import { describeError } from '../../lib/errors.ts';
import { RegistryError } from '../errors.ts';
import type { HttpRequest } from '../http-types.ts';
import { AddressDeniedError } from './address-guard.ts';

/** Error codes of Node, OpenSSL, llhttp and undici by prefix, first match wins; anything else is `unreachable`. */
const REASONS: readonly (readonly [RegExp, UnknownReason])[] = [
  [/^UND_ERR_(?:CONNECT|HEADERS|BODY)_TIMEOUT$|^ETIMEDOUT$/, 'timeout'],
  [/^UND_ERR_HEADERS_OVERFLOW$|^HPE_HEADER_OVERFLOW$|^UND_ERR_RES_EXCEEDED_MAX_SIZE$/, 'too-large'],
  [/^HPE_(?!CLOSED_CONNECTION|INVALID_EOF_STATE)/, 'invalid'],
  [/^UND_ERR_RES_CONTENT_LENGTH_MISMATCH$|^UND_ERR_INVALID_ARG$/, 'invalid'],
  // node:tls verification codes (X509 errors of OpenSSL), and a peer that does not speak TLS at all
  [/^ERR_(?:TLS|SSL|OSSL)|^EPROTO$|CERT|^UNABLE_TO_|SELF_SIGNED|^HOSTNAME_MISMATCH$|^CRL_/, 'tls'],
];

/** A connection cut before or within the answer; a fresh one often works (idle connections are closed by either side). */
const RESETS: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
  'HPE_INVALID_EOF_STATE',
  'HPE_CLOSED_CONNECTION',
]);

/** undici leaves the code of some parse errors out. */
const PARSER_ERROR = 'HTTPParserError';

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.name === PARSER_ERROR ? 'HPE_UNKNOWN' : codeOf(error.cause);
}

/** What undici, a socket or the guard threw, as a reason; errors that are ours already pass through. */
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
      state: `no answer from ${host} in the time there was`,
    });
  }
  const code = codeOf(error);
  const reason = REASONS.find(([pattern]) => pattern.test(code))?.[1] ?? 'unreachable';
  const plain = code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG';
  return new RegistryError(reason, request.subject, {
    ...place,
    state: `${host}: ${describeError(error)}`,
    // A parse error holds the bytes it stumbled over, a token perhaps: it must not get into a log.
    ...(code.startsWith('HPE_') ? {} : { cause: error }),
    transient: RESETS.has(code),
    ...(plain ? { advice: `If ${host} speaks plain http, name the registry in "plainHttp".` } : {}),
  });
}
