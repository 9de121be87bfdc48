import { parseReview, type AdmissionRequest } from '../../admission/review.ts';
import { AppError } from '../../errors.ts';
import { isObject, property, stringOr, type JsonObject } from '../../image/json.ts';
import { changedImages } from '../../pod/changed-images.ts';
import type { Pod } from '../../pod/pod.ts';
import { readPod } from '../../pod/read-pod.ts';
import { podOfTemplate, templatePath } from '../../pod/workloads.ts';
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

/** A Pod or a workload's template, to be judged. */
export interface JudgeableSubject extends Common {
  readonly kind: 'pod' | 'template';
  readonly pod: Pod;
  /** Of an update: what the Pod was before. */
  readonly previous?: Pod;
  /** Keys that lead to the template; none for a Pod. */
  readonly path: readonly string[];
}

/** Left to the API server, or to nobody, and why. */
export interface LeftSubject extends Common {
  readonly kind: 'left';
  readonly reason: string;
  /** Whether it is left because it cannot be read, so that nothing can be said of it. */
  readonly isBroken: boolean;
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

/** Of a Pod that is there, only images that are new are judged. */
function readUpdate(found: Found, oldObject: unknown): Subject {
  const { source, object, uid } = found;
  const [pod, previous] = [readPod(object), readPod(oldObject)];
  return changedImages(previous, pod) === null
    ? { kind: 'left', source, object, uid, reason: 'no image of it is new', isBroken: false }
    : { kind: 'pod', source, object, uid, path: [], pod, previous };
}

function readCreation(found: Found, path: readonly string[]): Subject {
  const { source, object, uid, group } = found;
  if (path.length === 0) return { kind: 'pod', source, object, uid, path, pod: readPod(object) };
  const pod = podOfTemplate(object, { group, kind: source.kind }) ?? readPod(undefined);
  return { kind: 'template', source, object, uid, path, pod };
}

function orLeft(found: Found, read: () => Subject): Subject {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid-pod') throw error;
    const { source, object, uid } = found;
    return { kind: 'left', source, object, uid, reason: error.message, isBroken: true };
  }
}

function leftReason({ operation, subResource }: AdmissionRequest): string | null {
  if (operation !== 'CREATE' && operation !== 'UPDATE') return `operation ${operation} is not judged`;
  const isJudged = subResource === '' || subResource === 'ephemeralcontainers';
  return isJudged ? null : `sub-resource ${subResource} is not judged`;
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
  if (reason !== null) return { kind: 'left', source, object, uid, reason, isBroken: false };
  const found = { source, object, uid, group: kind.group };
  const isUpdate = request.operation === 'UPDATE' && path.length === 0;
  return orLeft(found, () => (isUpdate ? readUpdate(found, request.oldObject) : readCreation(found, path)));
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
  const own = metadataText(object, 'namespace');
  const source = { file, document, kind, namespace: own === '' ? namespace : own, name: nameOf(object) };
  const found = { source, object, uid: null, group };
  if (path !== null) return orLeft(found, () => readCreation(found, path));
  const reason = misspeltKind(manifest);
  return reason === null ? null : { kind: 'left', source, object, uid: null, reason, isBroken: true };
}
