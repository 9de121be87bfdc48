import { parseReview, type AdmissionRequest } from '../../admission/review.ts';
import { AppError } from '../../errors.ts';
import { isObject, property, stringOr, type JsonObject } from '../../image/json.ts';
import type { Pod } from '../../pod/pod.ts';
import { readPod } from '../../pod/read-pod.ts';
import { podOfTemplate, templatePath } from '../../pod/workloads.ts';
import type { Manifest } from './manifests.ts';
import type { Source } from './report.ts';

interface Common {
  readonly source: Source;
  /** The Pod, or the workload with its template. */
  readonly object: JsonObject;
  /** Of the AdmissionReview that brought it; null for a manifest. */
  readonly uid: string | null;
}

/** A Pod or a workload's template, to be judged. */
export interface JudgeableSubject extends Common {
  readonly kind: 'pod' | 'template';
  readonly pod: Pod;
  /** Keys that lead to the template; none for a Pod. */
  readonly path: readonly string[];
}

/** Left to the API server, or to nobody, and why. */
export interface LeftSubject extends Common {
  readonly kind: 'left';
  readonly reason: string;
}

export type Subject = JudgeableSubject | LeftSubject;

interface Found extends Common {
  readonly group: string;
}

function metadataText(object: JsonObject, key: string): string {
  const metadata = property(object, 'metadata');
  return isObject(metadata) ? stringOr(property(metadata, key), '') : '';
}

function nameOf(object: JsonObject): string {
  const name = metadataText(object, 'name');
  if (name !== '') return name;
  const generated = metadataText(object, 'generateName');
  return generated === '' ? '' : `${generated}*`;
}

/** Where the Pod template of this kind stands, `[]` for a Pod itself; null for what has none. */
function pathOf(group: string, kind: string): readonly string[] | null {
  return group === '' && kind === 'Pod' ? [] : templatePath({ group, kind });
}

function readSubject(found: Found, path: readonly string[]): Subject {
  const { source, object, uid, group } = found;
  try {
    if (path.length === 0) return { kind: 'pod', source, object, uid, path, pod: readPod(object) };
    const pod = podOfTemplate(object, { group, kind: source.kind }) ?? readPod(undefined);
    return { kind: 'template', source, object, uid, path, pod };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid-pod') throw error;
    const reason = `${error.message}. It is left to the API server, which refuses it in its own words`;
    return { kind: 'left', source, object, uid, reason };
  }
}

function leftReason({ operation, kind, subResource }: AdmissionRequest): string | null {
  if (operation === 'DELETE' || operation === 'CONNECT') return `operation ${operation} is not judged`;
  if (subResource !== '') return `sub-resource ${subResource} is not judged`;
  return kind.kind === 'Pod' && operation === 'UPDATE' ? 'a Pod is judged at its creation' : null;
}

function subjectOfReview({ file, document, object: review }: Manifest): Subject | null {
  const request = parseReview(review);
  const { uid, kind, namespace } = request;
  const path = pathOf(kind.group, kind.kind);
  if (path === null) return null;
  const object = isObject(request.object) ? request.object : {};
  const name = request.name === '' ? nameOf(object) : request.name;
  const source = { file, document, kind: kind.kind, namespace, name };
  const reason = leftReason(request);
  if (reason !== null) return { kind: 'left', source, object, uid, reason };
  return readSubject({ source, object, uid, group: kind.group }, path);
}

/**
 * What a manifest holds to be judged; null where it holds nothing of that kind.
 * @param namespace for objects that name none
 * @throws AppError of the AdmissionReview that is none
 */
export function subjectOf(manifest: Manifest, namespace: string): Subject | null {
  const { file, document, group, kind, object } = manifest;
  if (group === 'admission.k8s.io' && kind === 'AdmissionReview') return subjectOfReview(manifest);
  const path = pathOf(group, kind);
  if (path === null) return null;
  const own = metadataText(object, 'namespace');
  const source = { file, document, kind, namespace: own === '' ? namespace : own, name: nameOf(object) };
  return readSubject({ source, object, uid: null, group }, path);
}
