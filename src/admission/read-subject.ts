import { AppError } from '../lib/errors.ts';
import { isObject, property } from '../lib/json.ts';
import { changedImages } from '../pod/changed-images.ts';
import { isControlled } from '../pod/object-metadata.ts';
import type { Pod } from '../pod/pod.ts';
import { readPod } from '../pod/pod.ts';
import { hasSameTemplate, podOfTemplate, templateReference } from '../pod/workloads.ts';
import type { AdmissionRequest } from './review.ts';

/** The fields of a request that determine what to assess. */
export type SubjectRequest = Pick<
  AdmissionRequest,
  'kind' | 'operation' | 'subResource' | 'object' | 'oldObject'
>;

/** A new Pod, or an existing one with a new image. */
export interface PodSubject {
  readonly subject: 'pod';
  readonly pod: Pod;
  /** The Pod before an update. */
  readonly previous?: Pod;
}

/** A workload's template as a Pod. */
export interface TemplateSubject {
  readonly subject: 'template';
  readonly pod: Pod;
  /** True if a controller wrote the workload. */
  readonly isControlled: boolean;
}

/** An object that wasmgate does not judge, and why. */
export interface NoSubject {
  readonly subject: 'none';
  readonly reason: string;
}

/** An object with broken fields: the API server rejects it itself. */
export interface BrokenSubject {
  readonly subject: 'broken';
  readonly reason: string;
}

export type Assessable = PodSubject | TemplateSubject;
export type NotJudged = NoSubject | BrokenSubject;

/** Most updates of a Pod change labels, annotations and conditions only. */
const NO_NEW_IMAGE: NoSubject = { subject: 'none', reason: 'none of its images is new' };
const SAME_TEMPLATE: NoSubject = { subject: 'none', reason: 'its Pod template is unchanged' };
const BEING_DELETED: NoSubject = { subject: 'none', reason: 'it is being deleted' };

function none(reason: string): NoSubject {
  return { subject: 'none', reason };
}

function isBeingDeleted(object: unknown): boolean {
  const metadata = isObject(object) ? property(object, 'metadata') : undefined;
  return isObject(metadata) && typeof property(metadata, 'deletionTimestamp') === 'string';
}

/** Distinguishes the core kind from a custom resource of the same name. */
function isPod({ group, kind }: SubjectRequest['kind']): boolean {
  return kind === 'Pod' && group === '';
}

function readPodSubject({ operation, object, oldObject }: SubjectRequest): PodSubject | NoSubject {
  const pod = readPod(object);
  if (operation === 'CREATE') return { subject: 'pod', pod };
  const previous = readPod(oldObject);
  return changedImages(previous, pod) === null ? NO_NEW_IMAGE : { subject: 'pod', pod, previous };
}

function readTemplate({ operation, kind, object, oldObject }: SubjectRequest): TemplateSubject | NoSubject {
  if (operation === 'UPDATE' && hasSameTemplate(oldObject, object, kind)) return SAME_TEMPLATE;
  const reference = templateReference(object, kind);
  if (reference !== null)
    return none(`its Pods have the template of ${reference.kind} "${reference.name}" (spec.workloadRef)`);
  const pod = podOfTemplate(object, kind);
  if (pod === null) return none(`kind ${kind.kind} creates no Pods`);
  return { subject: 'template', pod, isControlled: isControlled(object) };
}

/**
 * Returns what to assess, for the webhook and for `review` alike. The use case itself excludes mirror Pods and Windows Pods.
 */
export function readSubject(request: SubjectRequest): Assessable | NotJudged {
  const { operation, subResource, object, kind } = request;
  if (operation !== 'CREATE' && operation !== 'UPDATE') return none(`operation ${operation} is not judged`);
  // No other sub-resource adds containers to a Pod.
  const isWhole = subResource === '' || (subResource === 'ephemeralcontainers' && isPod(kind));
  if (!isWhole) return none(`sub-resource ${subResource} is not judged`);
  if (isBeingDeleted(object)) return BEING_DELETED;
  try {
    return isPod(kind) ? readPodSubject(request) : readTemplate(request);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid-pod') throw error;
    return { subject: 'broken', reason: error.message };
  }
}
