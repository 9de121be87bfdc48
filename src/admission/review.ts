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

/** What the API server asks, the fields that wasmgate reads; absent text is ''. */
export interface AdmissionRequest {
  readonly uid: string;
  readonly kind: GroupVersionKind;
  /** The resource's plural, such as `pods`. */
  readonly resource: string;
  readonly subResource: string;
  readonly operation: string;
  readonly namespace: string;
  /** Empty where the API server is still to make one up (`generateName`). */
  readonly name: string;
  /** Null on DELETE. */
  readonly object: unknown;
  /** Null on CREATE. */
  readonly oldObject: unknown;
  readonly dryRun: boolean;
}

const DEFAULTS = {
  /** Of a text that is none of ours: enough to tell what else it is. */
  shownCharacters: 64,
} as const;

const ADVICE = 'This address answers the API server’s admission webhooks; send an AdmissionReview as JSON.';

function refuse(code: ReviewErrorCode, state: string): never {
  throw new AppError<ReviewErrorCode>(code, `Cannot read AdmissionReview: ${state}`, { advice: ADVICE });
}

/** Of a field that is read by its name, which no object inherits: see `property` for keys that are not known. */
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
  return text.slice(0, DEFAULTS.shownCharacters);
}

function checkEnvelope(body: unknown): JsonObject {
  if (!isObject(body)) return refuse('not-a-review', 'the body is not a JSON object');
  const kind = textOf(body['kind']);
  if (kind !== 'AdmissionReview') return refuse('not-a-review', `kind is "${shorten(kind)}"`);
  const version = textOf(body['apiVersion']);
  if (version === REVIEW_VERSION) return body;
  return refuse('wrong-review-version', `apiVersion is "${shorten(version)}", expected "${REVIEW_VERSION}"`);
}

/**
 * The request inside a review. Of its fields only the uid is demanded: an answer without it is thrown away by the API
 * server, while an unknown kind or operation is one that wasmgate lets through.
 * @throws AppError with a `ReviewErrorCode`
 */
export function parseReview(body: unknown): AdmissionRequest {
  const request = checkEnvelope(body)['request'];
  if (!isObject(request)) return refuse('no-request', 'it has no request');
  const uid = textOf(request['uid']);
  if (uid === '') return refuse('no-uid', 'its request has no uid');
  const resource = request['resource'];
  return {
    uid,
    kind: readKind(request['kind']),
    resource: isObject(resource) ? textOf(resource['resource']) : '',
    subResource: textOf(request['subResource']),
    operation: textOf(request['operation']),
    namespace: textOf(request['namespace']),
    name: textOf(request['name']),
    object: request['object'] ?? null,
    oldObject: request['oldObject'] ?? null,
    dryRun: request['dryRun'] === true,
  };
}
