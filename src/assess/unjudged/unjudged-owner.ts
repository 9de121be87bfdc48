import { child, property, stringOr, type JsonObject } from '../../lib/json.ts';
import {
  controllerOf,
  isObjectName,
  isUid,
  metadataText,
  type ObjectReference,
} from '../../pod/object-metadata.ts';
import type { AssessmentRequest } from '../assessment.ts';
import { pullSecretsOf } from '../read-images.ts';

/** What the images mean for Pods that were admitted without a decision; `pending` until they can be read. */
export const OWNER_CONSEQUENCES = ['pending', 'needs-class', 'would-be-denied'] as const;
export type OwnerConsequence = (typeof OWNER_CONSEQUENCES)[number];

export interface PodName {
  readonly name: string;
  readonly uid: string;
}

/** An owner whose Pods were admitted without a decision, with all that judging them later requires except the Pods. */
export interface UnjudgedOwner {
  readonly namespace: string;
  /** The controller; the Pod itself if it has none. */
  readonly reference: ObjectReference;
  /** The Deployment behind a ReplicaSet; null if the Pod does not show one for certain. */
  readonly deployment: string | null;
  /** The Pod that is judged for all of them. */
  readonly pod: PodName;
  /** The Pod admitted last, which replaces `pod` if that one is gone or was never stored. */
  readonly newest: PodName;
  /** True if the Pod's author bound it to one node. */
  readonly isBound: boolean;
  /** References that could not be read. */
  readonly images: readonly string[];
  readonly pullSecrets: readonly string[];
  /** What the admission reported already, as `reportKey` writes it. */
  readonly reported: readonly string[];
  /** Admissions of its Pods without a decision. */
  readonly pods: number;
  /** Time of the last one, in milliseconds of the monotonic clock. */
  readonly admittedAt: number;
  readonly consequence: OwnerConsequence;
  readonly next: NextAttempt;
}

/** When an owner is judged, or checked, next. */
export interface NextAttempt {
  /** Consecutive failures. */
  readonly failures: number;
  /** In milliseconds of the monotonic clock. */
  readonly dueAt: number;
  /** True if it waits for images, which may become known at any moment. */
  readonly isForImages: boolean;
}

export const AT_ONCE: NextAttempt = { failures: 0, dueAt: 0, isForImages: true };

/**
 * Returns the key of an owner. An ownerReference is its author's text: a Pod that names a uid of another namespace must not
 * count as that owner's.
 */
export function ownerKey({ namespace, reference }: Pick<UnjudgedOwner, 'namespace' | 'reference'>): string {
  return `${namespace}/${reference.uid}`;
}

/** Its value ends the name of each ReplicaSet of a Deployment; the controller writes both. */
const TEMPLATE_HASH_LABEL = 'pod-template-hash';

type Owner = Pick<UnjudgedOwner, 'reference' | 'deployment'>;

function deploymentOf({ apiVersion, kind, name }: ObjectReference, pod: JsonObject): string | null {
  const labels = child(child(pod, 'metadata'), 'labels');
  const hash = stringOr(property(labels, TEMPLATE_HASH_LABEL), '');
  if (kind !== 'ReplicaSet' || apiVersion !== 'apps/v1' || hash === '' || !name.endsWith(`-${hash}`))
    return null;
  const deployment = name.slice(0, -hash.length - 1);
  return isObjectName(deployment) ? deployment : null;
}

/**
 * Returns the Pod's controller, or the Pod itself; null for a Pod without the names that a stored object has. Reads it as JSON: the
 * API server guarantees its types; patches of other webhooks, and other callers of the port, do not.
 */
export function ownerOf(object: object): Owner | null {
  const pod = object as JsonObject;
  const [name, uid] = [metadataText(pod, 'name'), metadataText(pod, 'uid')];
  if (!isObjectName(name) || !isUid(uid)) return null;
  const reference = controllerOf(pod);
  return reference === null
    ? { reference: { apiVersion: 'v1', kind: 'Pod', name, uid }, deployment: null }
    : { reference, deployment: deploymentOf(reference, pod) };
}

/** Returns the owner of an admitted Pod; null for a Pod without the names that a stored object has. */
export function unjudgedOwner(
  { pod, namespace }: AssessmentRequest,
  { images, reported }: Pick<UnjudgedOwner, 'images' | 'reported'>,
): UnjudgedOwner | null {
  const owner = ownerOf(pod);
  if (owner === null) return null;
  const { name, uid } = pod.metadata ?? {};
  const reference = { name: name ?? '', uid: uid ?? '' };
  return {
    ...owner,
    namespace,
    pod: reference,
    newest: reference,
    isBound: Boolean(pod.spec.nodeName),
    images,
    pullSecrets: pullSecretsOf(pod),
    reported,
    pods: 1,
    admittedAt: performance.now(),
    consequence: 'pending',
    next: AT_ONCE,
  };
}

/** Adds a Pod to its owner. Pods with new images, as after a change of the template, represent the owner from then on. */
export function addPod(known: UnjudgedOwner, found: UnjudgedOwner): UnjudgedOwner {
  const pods = known.pods + (known.newest.uid === found.newest.uid ? 0 : 1);
  const { newest, admittedAt } = found;
  const hasNewImages = found.images.some((image) => !known.images.includes(image));
  return hasNewImages ? { ...found, pods } : { ...known, newest, admittedAt, pods };
}
