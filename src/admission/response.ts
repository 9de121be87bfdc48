import { cutEnd } from '../lib/bound-text.ts';
import { stripControlCharacters } from '../lib/strip-control-characters.ts';
import { encodePatch, type PatchOperation } from './json-patch.ts';
import { REVIEW_VERSION } from './review.ts';

/** Parts of every response. Annotation keys are bare: the API server stores them as `<webhook name>/<key>`. */
export interface Remarks {
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

export interface Status {
  /** An HTTP status; the API server treats a code below 400 as 400. */
  readonly code: number;
  readonly reason: string;
  readonly message: string;
}

/** Every response to an admission request. Errors of wasmgate itself are HTTP 500 instead. */
export type Answer =
  | { readonly kind: 'allowed'; readonly remarks: Remarks }
  | { readonly kind: 'denied'; readonly status: Status; readonly remarks: Remarks }
  | { readonly kind: 'patched'; readonly operations: readonly PatchOperation[]; readonly remarks: Remarks };

/** Clients show the whole Status. This is two screens of a terminal; an Event keeps 1024 bytes of it. */
export const DENIAL_RUNES = 4096;

/**
 * Once all warnings of a response pass 4096 runes, the API server cuts each at 256, then drops those beyond 4096 (apiserver,
 * pkg/endpoints/filters/warning.go). A rune is a code point.
 */
export const WARNING_RUNES = 256;

const RESPONSE_LIMITS = {
  /** 4096 runes, if each has 256. */
  warnings: 16,
  /** An audit event is one line of JSON and is kept for a long time; no value of wasmgate needs more. */
  annotationRunes: 1024,
  /** UTF-16 units read of a warning before it is trimmed. */
  warningUnits: 4096,
} as const;

const NO_REMARKS: Remarks = {};

export function allowed(remarks: Remarks = NO_REMARKS): Answer {
  return { kind: 'allowed', remarks };
}

/** Denies with 403 Forbidden, as the API server's own admission plugins do. */
export function denied(message: string, remarks: Remarks = NO_REMARKS): Answer {
  const status = { code: 403, reason: 'Forbidden', message: cutEnd(message, DENIAL_RUNES) };
  return { kind: 'denied', status, remarks };
}

/** Admits with a patch; without operations there is none, as the API server requires `patch` and `patchType` together. */
export function patched(operations: readonly PatchOperation[], remarks: Remarks = NO_REMARKS): Answer {
  return operations.length === 0 ? allowed(remarks) : { kind: 'patched', operations, remarks };
}

function writeAnnotations(annotations: Readonly<Record<string, string>>): string {
  const bounded = Object.entries(annotations).map(
    ([key, value]) =>
      `${JSON.stringify(key)}:${JSON.stringify(cutEnd(stripControlCharacters(value), RESPONSE_LIMITS.annotationRunes))}`,
  );
  return bounded.length === 0 ? '' : `,"auditAnnotations":{${bounded.join(',')}}`;
}

function boundWarning(warning: string): string {
  const line = stripControlCharacters(warning.slice(0, RESPONSE_LIMITS.warningUnits)).trim();
  return cutEnd(line, WARNING_RUNES);
}

/** Returns each warning once, on one line and within the bounds. */
function boundWarnings(warnings: readonly string[]): readonly string[] {
  const lines = new Set(warnings.map(boundWarning).filter((line) => line !== ''));
  return [...lines].slice(0, RESPONSE_LIMITS.warnings);
}

function writeRemarks({ warnings = [], auditAnnotations }: Remarks): string {
  const bounded = boundWarnings(warnings);
  const list = bounded.length === 0 ? '' : `,"warnings":${JSON.stringify(bounded)}`;
  return auditAnnotations === undefined ? list : list + writeAnnotations(auditAnnotations);
}

function writeAnswer(answer: Answer): string {
  switch (answer.kind) {
    case 'allowed':
      return '"allowed":true';
    case 'denied':
      return `"allowed":false,"status":${JSON.stringify(answer.status)}`;
    case 'patched':
      return `"allowed":true,"patchType":"JSONPatch","patch":"${encodePatch(answer.operations)}"`;
  }
}

const OPENING = `{"apiVersion":"${REVIEW_VERSION}","kind":"AdmissionReview","response":{"uid":`;

function writeRest(answer: Answer): string {
  return `${writeAnswer(answer)}${writeRemarks(answer.remarks)}}}`;
}

const prepared = new WeakMap<Answer, string>();

/** Writes an answer once for all reviews that will get it, and returns it. */
export function prepare(answer: Answer): Answer {
  prepared.set(answer, writeRest(answer));
  return answer;
}

/** Writes the AdmissionReview as JSON, by hand: this runs for every Pod, and base64 needs no escaping. */
export function writeReview(uid: string, answer: Answer): string {
  return `${OPENING}${JSON.stringify(uid)},${prepared.get(answer) ?? writeRest(answer)}`;
}
