import { AppError } from '../lib/errors.ts';
import { isObject, stringOr, type JsonObject } from '../lib/json.ts';

export type ReviewErrorCode = 'not-a-review' | 'wrong-review-version' | 'no-request' | 'no-uid';

export const REVIEW_VERSION = 'admission.k8s.io/v1';

export interface GroupVersionKind {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** The fields of the API server's request that wasmgate reads; absent text is ''. */
export interface AdmissionRequest {
  readonly uid: string;
  readonly kind: GroupVersionKind;
  /** The resource's plural, such as `pods`. */
  readonly resource: string;
  readonly subResource: string;
  readonly operation: string;
  readonly namespace: string;
  /** Empty if the API server has yet to generate it (`generateName`). */
  readonly name: string;
  /** Null on DELETE. */
  readonly object: unknown;
  /** Null on CREATE. */
  readonly oldObject: unknown;
  readonly dryRun: boolean;
}

/** Characters of an unexpected text that an error shows. */
const SHOWN_CHARACTERS = 64;

/** The longest name of a namespace: a DNS label (RFC 1123). */
const MAX_NAMESPACE = 63;

const ADVICE = 'This address serves admission webhooks for the API server; send an AdmissionReview as JSON.';

function reject(code: ReviewErrorCode, state: string): never {
  throw new AppError<ReviewErrorCode>(code, `Cannot read AdmissionReview: ${state}`, { advice: ADVICE });
}

/** Reads a text field with a fixed name, which no object inherits; `property` is for keys from outside. */
function textOf(value: unknown): string {
  return stringOr(value, '');
}

function readKind(value: unknown): GroupVersionKind {
  if (!isObject(value)) return { group: '', version: '', kind: '' };
  return {
    group: textOf(value['group']),
    version: textOf(value['version']),
    kind: textOf(value['kind']),
  };
}

function shorten(text: string): string {
  return text.slice(0, SHOWN_CHARACTERS);
}

function checkEnvelope(body: unknown): JsonObject {
  if (!isObject(body)) return reject('not-a-review', 'the body is not a JSON object');
  const kind = textOf(body['kind']);
  if (kind !== 'AdmissionReview') return reject('not-a-review', `kind is "${shorten(kind)}"`);
  const version = textOf(body['apiVersion']);
  if (version === REVIEW_VERSION) return body;
  return reject('wrong-review-version', `apiVersion is "${shorten(version)}", expected "${REVIEW_VERSION}"`);
}

/**
 * Parses the request inside a review. Only its uid is required: the API server discards a response without it, while wasmgate
 * admits unknown kinds and operations.
 * @throws AppError with a `ReviewErrorCode`
 */
export function parseReview(body: unknown): AdmissionRequest {
  const request = checkEnvelope(body)['request'];
  if (!isObject(request)) return reject('no-request', 'it has no request');
  const uid = textOf(request['uid']);
  if (uid === '') return reject('no-uid', 'its request has no uid');
  const namespace = textOf(request['namespace']);
  // Lookups in progress are counted by namespace, so the text stays in memory after the response.
  if (namespace.length > MAX_NAMESPACE)
    return reject('not-a-review', `its namespace is longer than ${MAX_NAMESPACE} characters`);
  const resource = request['resource'];
  return {
    uid,
    kind: readKind(request['kind']),
    resource: isObject(resource) ? textOf(resource['resource']) : '',
    subResource: textOf(request['subResource']),
    operation: textOf(request['operation']),
    namespace,
    name: textOf(request['name']),
    object: request['object'] ?? null,
    oldObject: request['oldObject'] ?? null,
    dryRun: request['dryRun'] === true,
  };
}
