import { answerNotJudged } from '../../admission/answer-assessment.ts';
import {
  readSubject,
  type SubjectRequest,
  type Assessable,
  type NotJudged,
} from '../../admission/read-subject.ts';
import type { Answer } from '../../admission/response.ts';
import { parseReview, type AdmissionRequest } from '../../admission/review.ts';
import { AppError } from '../../lib/errors.ts';
import { isObject, type JsonObject } from '../../lib/json.ts';
import { metadataText } from '../../pod/object-metadata.ts';
import { templatePath } from '../../pod/workloads.ts';
import { misspelledKind, type Manifest } from './manifests.ts';
import type { Source } from './report.ts';

interface Common {
  readonly source: Source;
  /** The Pod or workload. */
  readonly object: JsonObject;
  /** The AdmissionReview's uid; null for a manifest. */
  readonly uid: string | null;
}

/** A Pod, or the template of a workload, to assess. */
export interface AssessableSubject extends Common {
  readonly kind: 'assessable';
  readonly request: Assessable;
  /** Keys that lead to the template; empty for a Pod. */
  readonly path: readonly string[];
}

/** An object that wasmgate does not assess. */
export interface LeftSubject extends Common {
  readonly kind: 'left';
  readonly reason: string;
  /** True if it is invalid, so that its outcome is unknown. */
  readonly isBroken: boolean;
  readonly answer: Answer;
}

export type ReviewSubject = AssessableSubject | LeftSubject;

/** Returns the name as kubectl prints it; a name that the API server will generate ends in `*`. */
export function nameOf(object: JsonObject): string {
  const name = metadataText(object, 'name');
  if (name !== '') return name;
  const prefix = metadataText(object, 'generateName');
  return prefix === '' ? '' : `${prefix}*`;
}

type GroupKind = Pick<AdmissionRequest['kind'], 'group' | 'kind'>;

/** Returns the keys that lead to the Pod template; `[]` for a Pod, null for a kind without one. */
function pathOf({ group, kind }: GroupKind): readonly string[] | null {
  return group === '' && kind === 'Pod' ? [] : templatePath({ group, kind });
}

function leave(common: Common, notJudged: NotJudged): LeftSubject {
  const { subject, reason } = notJudged;
  const answer = answerNotJudged(notJudged, common.source.kind);
  return { kind: 'left', ...common, reason, isBroken: subject === 'broken', answer };
}

function subjectFrom(common: Common, request: SubjectRequest): ReviewSubject | null {
  const path = pathOf(request.kind);
  if (path === null) return null;
  const read = readSubject(request);
  return read.subject === 'none' || read.subject === 'broken'
    ? leave(common, read)
    : { kind: 'assessable', ...common, path, request: read };
}

/** Reads an AdmissionReview. One without a request, such as a response, becomes a broken subject. */
function subjectOfReview({ file, document, kind, object: review }: Manifest): ReviewSubject | null {
  try {
    const request = parseReview(review);
    const { uid, namespace } = request;
    const object = isObject(request.object) ? request.object : {};
    const name = request.name === '' ? nameOf(object) : request.name;
    const source = { file, document, kind: request.kind.kind, namespace, name };
    return subjectFrom({ source, object, uid }, request);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const source = { file, document, kind, namespace: '', name: '' };
    const { message: reason } = error;
    return leave({ source, object: review, uid: null }, { subject: 'broken', reason });
  }
}

/**
 * Returns the Pod or template to assess in a manifest, as if it were applied for the first time; null if it is another kind.
 * @param namespace for objects that do not set one
 */
export function readReviewSubject(manifest: Manifest, namespace: string): ReviewSubject | null {
  const { file, document, group, kind, object } = manifest;
  if (group === 'admission.k8s.io' && kind === 'AdmissionReview') return subjectOfReview(manifest);
  const own = metadataText(object, 'namespace');
  const source = { file, document, kind, namespace: own === '' ? namespace : own, name: nameOf(object) };
  const common = { source, object, uid: null };
  const creation = { operation: 'CREATE', subResource: '', object, oldObject: null };
  const subject = subjectFrom(common, { ...creation, kind: { group, kind, version: '' } });
  if (subject !== null) return subject;
  const reason = misspelledKind(manifest);
  return reason === null ? null : leave(common, { subject: 'broken', reason });
}
