import { AppError } from '../lib/errors.ts';
import { isObject, property } from '../lib/json.ts';
import { changedImages } from '../pod/changed-images.ts';
import { isControlled } from '../pod/object-metadata.ts';
import type { Pod } from '../pod/pod.ts';
import { readPod } from '../pod/pod.ts';
import { hasSameTemplate, podOfTemplate } from '../pod/workloads.ts';
import type { AdmissionRequest } from './review.ts';

/** What of a request says what it is about. */
export type Asked = Pick<AdmissionRequest, 'kind' | 'operation' | 'subResource' | 'object' | 'oldObject'>;

/** A Pod at its creation, or with an image that is new. */
export interface PodSubject {
  readonly subject: 'pod';
  readonly pod: Pod;
  /** Of an update: what the Pod was before. */
  readonly previous?: Pod;
}

/** What a workload's template says of the Pods to come. */
export interface TemplateSubject {
  readonly subject: 'template';
  readonly pod: Pod;
  /** Whether a controller wrote the workload. */
  readonly isControlled: boolean;
}

/** Nobody's business here, and why. */
export interface NoSubject {
  readonly subject: 'none';
  readonly reason: string;
}

/** Broken, which is no fault of ours: the API server refuses it itself, in its own words. */
export interface BrokenSubject {
  readonly subject: 'broken';
  readonly reason: string;
}

export type Assessable = PodSubject | TemplateSubject;
export type LeftAlone = NoSubject | BrokenSubject;

/** Most updates of a Pod are labels, annotations and conditions: nothing to look at. */
const NO_NEW_IMAGE: NoSubject = { subject: 'none', reason: 'no image of it is new' };
/** Neither are those of a workload that scale it or tell of its status. */
const SAME_TEMPLATE: NoSubject = { subject: 'none', reason: 'its Pod template is the same' };
const BEING_DELETED: NoSubject = { subject: 'none', reason: 'it is being deleted' };

function none(reason: string): NoSubject {
  return { subject: 'none', reason };
}

function isBeingDeleted(object: unknown): boolean {
  const metadata = isObject(object) ? property(object, 'metadata') : undefined;
  return isObject(metadata) && typeof property(metadata, 'deletionTimestamp') === 'string';
}

/** A Pod itself, and not somebody else's kind of that name. */
function isPod({ group, kind }: Asked['kind']): boolean {
  return kind === 'Pod' && group === '';
}

function readPodSubject({ operation, object, oldObject }: Asked): PodSubject | NoSubject {
  const pod = readPod(object);
  if (operation === 'CREATE') return { subject: 'pod', pod };
  const previous = readPod(oldObject);
  return changedImages(previous, pod) === null ? NO_NEW_IMAGE : { subject: 'pod', pod, previous };
}

function readTemplate({ operation, kind, object, oldObject }: Asked): TemplateSubject | NoSubject {
  if (operation === 'UPDATE' && hasSameTemplate(oldObject, object, kind)) return SAME_TEMPLATE;
  const pod = podOfTemplate(object, kind);
  if (pod === null) return none(`kind ${kind.kind} makes no Pods`);
  return { subject: 'template', pod, isControlled: isControlled(object) };
}

/**
 * What is to be assessed, for the webhook and for `review` alike. Mirror Pods and Windows Pods are left to the use case, which
 * says so of Pods however they come.
 */
export function readSubject(asked: Asked): Assessable | LeftAlone {
  const { operation, subResource, object, kind } = asked;
  if (operation !== 'CREATE' && operation !== 'UPDATE') return none(`operation ${operation} is not judged`);
  // The one sub-resource that brings a Pod containers.
  const isWhole = subResource === '' || (subResource === 'ephemeralcontainers' && isPod(kind));
  if (!isWhole) return none(`sub-resource ${subResource} is not judged`);
  if (isBeingDeleted(object)) return BEING_DELETED;
  try {
    return isPod(kind) ? readPodSubject(asked) : readTemplate(asked);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid-pod') throw error;
    return { subject: 'broken', reason: error.message };
  }
}
