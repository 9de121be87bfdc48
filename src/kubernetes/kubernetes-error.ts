import { AppError, describeError } from '../lib/errors.ts';
import { isObject, property, stringOr } from '../lib/json.ts';
import { describeNetworkFault, isForHttpsOnly, type NetworkFaultKind } from '../lib/network-fault.ts';

const CODES = [
  'unauthorized',
  'forbidden',
  'not-found',
  'already-exists',
  'conflict',
  /** The resourceVersion or the continue token is older than the API server remembers (410): list again. */
  'expired',
  /** The API server understood the request and rejected it: a bad field, a failed test of a JSON patch. */
  'invalid',
  'too-many-requests',
  'server-error',
  'unreachable',
  'tls',
  'timeout',
  /** The caller gave up. */
  'aborted',
  'too-large',
  'invalid-response',
  'invalid-kubeconfig',
] as const;

export type KubernetesErrorCode = (typeof CODES)[number];
export type KubernetesError = AppError<KubernetesErrorCode>;

export function isKubernetesError(
  error: unknown,
  ...codes: readonly KubernetesErrorCode[]
): error is KubernetesError {
  if (!(error instanceof AppError)) return false;
  return (codes.length === 0 ? CODES : codes).some((code) => code === error.code);
}

/** Returns null if there is no such object. */
export async function readOrNull<Item>(read: () => Promise<Item>): Promise<Item | null> {
  try {
    return await read();
  } catch (error) {
    if (isKubernetesError(error, 'not-found')) return null;
    throw error;
  }
}

const BY_STATUS: Readonly<Record<number, KubernetesErrorCode>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  410: 'expired',
  429: 'too-many-requests',
  504: 'timeout',
};

/** 409 has two meanings that callers must distinguish. */
function codeOf(httpStatus: number, reason: string): KubernetesErrorCode {
  if (reason === 'AlreadyExists') return 'already-exists';
  return BY_STATUS[httpStatus] ?? (httpStatus >= 500 ? 'server-error' : 'invalid');
}

const ADVICE: Partial<Record<KubernetesErrorCode, string>> = {
  unauthorized: 'Check the ServiceAccount token, or log in again for a kubeconfig.',
  forbidden:
    'Grant the account this permission: kubectl auth can-i --list --as=<account> shows what it may do.',
  unreachable: 'Check that the API server is running and reachable from here.',
  'invalid-kubeconfig': 'Name one with --kubeconfig FILE.',
  tls: "Check that the given CA certificate is the API server's, and the host name in its address.",
};

/** What to do about the faults of a connection that `ADVICE` of their code does not fit. */
const FAULT_ADVICE: Partial<Record<NetworkFaultKind, string>> = {
  expired: "Renew the API server's certificate, or correct the clock.",
  'not-yet-valid': 'Correct the clock here or of the API server.',
  'unknown-authority':
    'Name its CA in the kubeconfig: certificate-authority or certificate-authority-data of the cluster.',
  'wrong-name':
    "In the kubeconfig, use a name of the certificate in the cluster's server, or set its tls-server-name.",
  'no-tls': 'If it speaks plain HTTP, write http:// in the kubeconfig; otherwise check the port.',
  'client-certificate': 'Name one in the kubeconfig: client-certificate and client-key of the user.',
  tls: 'Check that the address in the kubeconfig is that of an API server.',
  name: 'Check the host name in the kubeconfig, and DNS.',
};

const TLS_FAULTS: ReadonlySet<NetworkFaultKind> = new Set([
  'expired',
  'not-yet-valid',
  'unknown-authority',
  'wrong-name',
  'no-tls',
  'client-certificate',
  'tls',
]);

/** @param action what failed, such as `list nodes`: the message starts with `Cannot list nodes: ` */
export function createKubernetesError(
  action: string,
  code: KubernetesErrorCode,
  detail: { readonly state: string; readonly cause?: unknown; readonly advice?: string | undefined },
): KubernetesError {
  const advice = detail.advice ?? ADVICE[code];
  return new AppError(code, `Cannot ${action}: ${detail.state}`, {
    ...(detail.cause === undefined ? {} : { cause: detail.cause }),
    ...(advice === undefined ? {} : { advice }),
  });
}

/** Converts a response of 400 or above, or an ERROR event of a watch: the API server puts a `Status` object into both. */
export function fromStatus(action: string, httpStatus: number, body: unknown): KubernetesError {
  const status = isObject(body) ? body : {};
  const code = codeOf(httpStatus, stringOr(property(status, 'reason'), ''));
  const expectation = typeof body === 'string' && isForHttpsOnly(body) ? ': it expects HTTPS' : '';
  const message = stringOr(property(status, 'message'), '');
  return createKubernetesError(action, code, {
    state: message === '' ? `HTTP ${httpStatus}${expectation}` : message,
    // It offers the rest of a list that has expired.
    ...(code === 'expired' ? { cause: status } : {}),
  });
}

/** A request that failed without an answer. */
export interface FailedRequest {
  /** `https://10.0.0.1:6443` */
  readonly server: string;
  /** The signal that ends it: the caller's, or that of the client's time limit. */
  readonly signal: AbortSignal;
  /** The client's time limit. */
  readonly milliseconds: number;
  /** True if the caller ended it, whose time limit is unknown. */
  readonly isCallers: boolean;
}

/** Converts a network error, or the reason of an aborted signal; returns a `KubernetesError` as it is. */
export function fromThrown(action: string, error: unknown, request: FailedRequest): KubernetesError {
  const { server, signal, milliseconds, isCallers } = request;
  if (isKubernetesError(error)) return error;
  const cause: unknown = signal.aborted ? signal.reason : error;
  if (isKubernetesError(cause)) return cause;
  if (cause instanceof Error && cause.name === 'TimeoutError') {
    const limit = isCallers ? 'in time' : `within ${milliseconds / 1000} s`;
    return createKubernetesError(action, 'timeout', {
      state: `the API server ${server} did not answer ${limit}`,
    });
  }
  if (signal.aborted) return createKubernetesError(action, 'aborted', { state: 'the caller canceled it' });
  return fromNetwork(action, cause, server);
}

function fromNetwork(action: string, cause: unknown, server: string): KubernetesError {
  const fault = describeNetworkFault(cause);
  if (fault === null) {
    const code = isTlsError(cause) ? 'tls' : 'unreachable';
    return createKubernetesError(action, code, { state: `${server}: ${describeError(cause)}`, cause });
  }
  const { kind, state } = fault;
  const expectsHttps = kind === 'closed' && server.startsWith('http:');
  const advice = expectsHttps ? 'If it speaks HTTPS, write https:// in the kubeconfig.' : FAULT_ADVICE[kind];
  const code = TLS_FAULTS.has(kind) ? 'tls' : 'unreachable';
  return createKubernetesError(action, code, { state: `${server}: ${state}`, advice });
}

/** Node's codes: OpenSSL's verification failures, such as `CERT_REVOKED`, and its own `ERR_TLS_…`. */
function isTlsError(error: unknown): boolean {
  const code = isObject(error) ? stringOr(property(error, 'code'), '') : '';
  return /CERT|ERR_TLS|ERR_SSL|UNABLE_TO_/.test(code);
}
