import { answerLeftAlone } from '../../admission/answer-assessment.ts';
import { readSubject, type Asked, type Assessable, type LeftAlone } from '../../admission/read-subject.ts';
import type { Answer } from '../../admission/response.ts';
import { parseReview, type AdmissionRequest } from '../../admission/review.ts';
import { AppError } from '../../lib/errors.ts';
import { isObject, type JsonObject } from '../../lib/json.ts';
import { metadataText } from '../../pod/object-metadata.ts';
import { templatePath } from '../../pod/workloads.ts';
import type { Manifest } from './manifests.ts';
import { misspeltKind } from './misspelt-kind.ts';
import type { Source } from './report.ts';

interface Common {
  readonly source: Source;
  /** The Pod, or the workload with its template. */
  readonly object: JsonObject;
  /** Of the AdmissionReview that brought it; null for a manifest. */
  readonly uid: string | null;
}

/** A Pod or a workload's template, to be assessed. */
export interface AssessableSubject extends Common {
  readonly kind: 'assessable';
  readonly asked: Assessable;
  /** Keys that lead to the template; none for a Pod. */
  readonly path: readonly string[];
}

/** Left to the API server, or to nobody, and why. */
export interface LeftSubject extends Common {
  readonly kind: 'left';
  readonly reason: string;
  /** Whether it is left because it cannot be read, so that nothing can be said of it. */
  readonly isBroken: boolean;
  readonly answer: Answer;
}

export type ReviewSubject = AssessableSubject | LeftSubject;

/** As kubectl would print it; a name that the API server is still to make up ends in `*`. */
export function nameOf(object: JsonObject): string {
  const name = metadataText(object, 'name');
  if (name !== '') return name;
  const generated = metadataText(object, 'generateName');
  return generated === '' ? '' : `${generated}*`;
}

type GroupKind = Pick<AdmissionRequest['kind'], 'group' | 'kind'>;

/** Where the Pod template of this kind stands, `[]` for a Pod itself; null for what has none. */
function pathOf({ group, kind }: GroupKind): readonly string[] | null {
  return group === '' && kind === 'Pod' ? [] : templatePath({ group, kind });
}

function leave(common: Common, leftAlone: LeftAlone): LeftSubject {
  const { subject, reason } = leftAlone;
  const answer = answerLeftAlone(leftAlone, common.source.kind);
  return { kind: 'left', ...common, reason, isBroken: subject === 'broken', answer };
}

function subjectFrom(common: Common, asked: Asked): ReviewSubject | null {
  const path = pathOf(asked.kind);
  if (path === null) return null;
  const read = readSubject(asked);
  return read.subject === 'none' || read.subject === 'broken'
    ? leave(common, read)
    : { kind: 'assessable', ...common, path, asked: read };
}

/** One that holds no request, such as the answer to one, can only be told of. */
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
 * What a manifest holds to be assessed; null where it holds nothing of that kind. A manifest asks for what applying it for the
 * first time asks for.
 * @param namespace for objects that name none
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
  const reason = misspeltKind(manifest);
  return reason === null ? null : leave(common, { subject: 'broken', reason });
}
