import { AppError } from '../lib/errors.ts';
import { isObject, property, stringOr } from '../lib/json.ts';

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

/** @param action what failed, such as `list nodes`: the message starts with `Cannot list nodes: ` */
export function createKubernetesError(
  action: string,
  code: KubernetesErrorCode,
  detail: { readonly state: string; readonly cause?: unknown },
): KubernetesError {
  const advice = ADVICE[code];
  return new AppError(code, `Cannot ${action}: ${detail.state}`, {
    ...(detail.cause === undefined ? {} : { cause: detail.cause }),
    ...(advice === undefined ? {} : { advice }),
  });
}

/** Converts a response of 400 or above, or an ERROR event of a watch: the API server puts a `Status` object into both. */
export function fromStatus(action: string, httpStatus: number, body: unknown): KubernetesError {
  const status = isObject(body) ? body : {};
  const code = codeOf(httpStatus, stringOr(property(status, 'reason'), ''));
  const message = stringOr(property(status, 'message'), '');
  return createKubernetesError(action, code, {
    state: message === '' ? `HTTP ${httpStatus}` : message,
    // It offers the rest of a list that has expired.
    ...(code === 'expired' ? { cause: status } : {}),
  });
}

/** Converts a network error, or the reason of an aborted signal; returns a `KubernetesError` as it is. */
export function fromThrown(action: string, error: unknown, signal: AbortSignal): KubernetesError {
  if (isKubernetesError(error)) return error;
  const cause: unknown = signal.aborted ? signal.reason : error;
  if (isKubernetesError(cause)) return cause;
  if (cause instanceof Error && cause.name === 'TimeoutError') {
    return createKubernetesError(action, 'timeout', { state: 'the API server timed out' });
  }
  if (signal.aborted) return createKubernetesError(action, 'aborted', { state: 'the caller canceled it' });
  const code = isTlsError(cause) ? 'tls' : 'unreachable';
  const state = cause instanceof Error && cause.message !== '' ? cause.message : String(cause);
  return createKubernetesError(action, code, { state, cause });
}

/** Node's codes: OpenSSL's verification failures, such as `DEPTH_ZERO_SELF_SIGNED_CERT`, and its own `ERR_TLS_…`. */
function isTlsError(error: unknown): boolean {
  const code = isObject(error) ? stringOr(property(error, 'code'), '') : '';
  return /CERT|ERR_TLS|ERR_SSL|UNABLE_TO_/.test(code);
}
