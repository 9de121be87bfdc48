import { stripControlCharacters } from '../lib/strip-control-characters.ts';
import { boundText, boundWarnings } from './bound-warnings.ts';
import { encodePatch, type PatchOperation } from './json-patch.ts';
import { REVIEW_VERSION } from './review.ts';

/** What is told beside the answer. Annotation keys are bare: the API server stores them as `<webhook name>/<key>`. */
export interface Remarks {
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

export interface Status {
  /** An HTTP status; the API server takes anything below 400 for 400. */
  readonly code: number;
  readonly reason: string;
  readonly message: string;
}

/** The whole vocabulary of an admission. Faults of our own are none of these: they are HTTP 500. */
export type Answer =
  | { readonly kind: 'allowed'; readonly remarks: Remarks }
  | { readonly kind: 'denied'; readonly status: Status; readonly remarks: Remarks }
  | { readonly kind: 'patched'; readonly operations: readonly PatchOperation[]; readonly remarks: Remarks };

/** A Status is stored and shown whole; this much is two screens of a terminal, and an Event keeps 1024 of it. */
export const DENIAL_RUNES = 4096;

const DEFAULTS = {
  /** Audit events are one line of JSON each and are kept for long; no value of ours needs more. */
  annotationRunes: 1024,
} as const;

const NO_REMARKS: Remarks = {};

export function allowed(remarks: Remarks = NO_REMARKS): Answer {
  return { kind: 'allowed', remarks };
}

/** 403 Forbidden is what the API server's own admission plugins answer. */
export function denied(message: string, remarks: Remarks = NO_REMARKS): Answer {
  const status = { code: 403, reason: 'Forbidden', message: boundText(message, DENIAL_RUNES) };
  return { kind: 'denied', status, remarks };
}

/** No operations, no patch: `patch` and `patchType` come both or not at all. */
export function patched(operations: readonly PatchOperation[], remarks: Remarks = NO_REMARKS): Answer {
  return operations.length === 0 ? allowed(remarks) : { kind: 'patched', operations, remarks };
}

function writeAnnotations(annotations: Readonly<Record<string, string>>): string {
  const bounded = Object.entries(annotations).map(
    ([key, value]) =>
      `${JSON.stringify(key)}:${JSON.stringify(boundText(stripControlCharacters(value), DEFAULTS.annotationRunes))}`,
  );
  return bounded.length === 0 ? '' : `,"auditAnnotations":{${bounded.join(',')}}`;
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

/** The same answer, written once for all the reviews that will get it. */
export function prepare(answer: Answer): Answer {
  prepared.set(answer, writeRest(answer));
  return answer;
}

/**
 * The answering AdmissionReview as JSON, written by hand: this runs for every Pod of the cluster, and base64 needs no
 * escaping.
 */
export function writeReview(uid: string, answer: Answer): string {
  return `${OPENING}${JSON.stringify(uid)},${prepared.get(answer) ?? writeRest(answer)}`;
}
