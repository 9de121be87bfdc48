import { cutEnd } from './bound-text.ts';
import { isObject, property, stringOr } from './json.ts';

/** What is wrong with a connection, as far as it differs in what to do about it. */
export type NetworkFaultKind =
  | 'expired'
  | 'not-yet-valid'
  | 'unknown-authority'
  | 'wrong-name'
  | 'no-tls'
  | 'client-certificate'
  | 'tls'
  | 'name'
  | 'refused'
  | 'no-route'
  | 'slow'
  | 'closed';

export interface NetworkFault {
  readonly kind: NetworkFaultKind;
  /** Said of the server, such as `its certificate has expired`. */
  readonly state: string;
}

/**
 * Matched against the code and OpenSSL's reason of an error; the first match wins. The codes are those of Node (`ERR_TLS_…`,
 * `ECONN…`), of OpenSSL's verification (X509_V_ERR_…), of OpenSSL's alerts (`ERR_SSL_…`) and of undici.
 */
const FAULTS: readonly (readonly [pattern: RegExp, kind: NetworkFaultKind, state: string])[] = [
  [/^CERT_HAS_EXPIRED/, 'expired', 'its certificate, or one in its chain, has expired'],
  [/^CERT_NOT_YET_VALID/, 'not-yet-valid', 'its certificate is not valid yet'],
  [
    /^DEPTH_ZERO_SELF_SIGNED_CERT/,
    'unknown-authority',
    'its certificate is self-signed and not trusted here',
  ],
  [
    /^UNABLE_TO_VERIFY_LEAF_SIGNATURE/,
    'unknown-authority',
    'the authority that signed its certificate is not trusted here, or it does not send the whole chain',
  ],
  [
    /^(?:SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT)/,
    'unknown-authority',
    'the authority that signed its certificate is not trusted here',
  ],
  [/^ERR_TLS_CERT_ALTNAME_INVALID/, 'wrong-name', 'its certificate is for other names'],
  [/wrong version number|packet length too long|http request/i, 'no-tls', 'it answers without TLS'],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|SSL_HTTP_REQUEST/, 'no-tls', 'it answers without TLS'],
  [/certificate.required/i, 'client-certificate', 'it requires a client certificate'],
  [
    /alert.(?:bad.certificate|unknown.ca|certificate|unsupported.certificate)/i,
    'client-certificate',
    'it rejects the client certificate',
  ],
  [/protocol.version|unsupported.protocol/i, 'tls', 'it supports no version of TLS that is still secure'],
  [/handshake.failure|no.shared.cipher/i, 'tls', 'it shares no TLS settings with this program'],
  [/^ENOTFOUND/, 'name', 'its name has no address'],
  [/^EAI_AGAIN/, 'name', 'its name cannot be resolved now'],
  [/^ECONNREFUSED/, 'refused', 'connection refused'],
  [/^(?:EHOSTUNREACH|ENETUNREACH)/, 'no-route', 'there is no route to it'],
  [/^ETIMEDOUT/, 'slow', 'it does not accept connections'],
];

const CLOSED: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** Node's words for an ECONNRESET before the end of the handshake. */
const DURING_HANDSHAKE = 'before secure TLS connection was established';

/** Names of a certificate that a message lists; each is at most 253 characters. */
const MAX_NAMES_LENGTH = 300;

function textOf(error: object, key: string): string {
  return stringOr(property(error as Readonly<Record<string, unknown>>, key), '');
}

/** Returns the reason in OpenSSL's `40…:error:0A00010B:SSL routines:function:wrong version number:file:77:`. */
function openSslReason({ message }: Error): string {
  return message.includes(':SSL routines:') ? (message.split(':', 6).at(5) ?? '') : '';
}

/** Describes the names of a certificate that does not have the host's. */
function describeNames(error: Error): string | null {
  const cert = property(error as unknown as Readonly<Record<string, unknown>>, 'cert');
  const names = isObject(cert) ? stringOr(property(cert, 'subjectaltname'), '') : '';
  const host = textOf(error, 'host');
  if (names === '' || host === '') return null;
  const listed = cutEnd(names.replaceAll(/(?:DNS|IP Address):/g, ''), MAX_NAMES_LENGTH);
  return `its certificate is not for "${host}", but for ${listed}`;
}

/** undici names the time in its message only. */
function describeConnectTimeout({ message }: Error): string {
  const [, milliseconds] = /timeout: (\d+)ms/.exec(message) ?? [];
  return milliseconds === undefined
    ? 'it accepts no connection in time'
    : `it accepts no connection within ${Number(milliseconds) / 1000} s`;
}

/** Describes an error of a socket, of TLS or of name resolution in plain words; null for any other error. */
export function describeNetworkFault(error: unknown): NetworkFault | null {
  if (!(error instanceof Error)) return null;
  const code = textOf(error, 'code');
  if (code === '') return describeNetworkFault(error.cause);
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return { kind: 'slow', state: describeConnectTimeout(error) };
  if (CLOSED.has(code)) {
    const isHandshake = error.message.includes(DURING_HANDSHAKE);
    return {
      kind: 'closed',
      state: `it closed the connection ${isHandshake ? 'during the TLS handshake' : 'without an answer'}`,
    };
  }
  const reason = openSslReason(error);
  const found = FAULTS.find(([pattern]) => pattern.test(code) || pattern.test(reason));
  if (found === undefined) return reason === '' ? null : { kind: 'tls', state: `TLS failed: ${reason}` };
  const [, kind, state] = found;
  return { kind, state: kind === 'wrong-name' ? (describeNames(error) ?? state) : state };
}

/** The whole answer of servers in Go, among them API servers and registries, to plain HTTP on a port for HTTPS. */
const HTTPS_ONLY = 'Client sent an HTTP request to an HTTPS server.';

export function isForHttpsOnly(body: string): boolean {
  return body.startsWith(HTTPS_ONLY);
}
