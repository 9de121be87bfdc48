import type { ObjectReference } from '../ports.ts';

/** What becomes of Pods that were admitted without a decision; `pending` until their images can be read. */
export const OWNER_CONSEQUENCES = ['pending', 'needs-class', 'would-be-denied'] as const;
export type OwnerConsequence = (typeof OWNER_CONSEQUENCES)[number];

export interface PodName {
  readonly name: string;
  readonly uid: string;
}

/** An owner whose Pods were admitted without a decision: what it takes to judge them later, but no Pod. */
export interface UnjudgedOwner {
  readonly namespace: string;
  readonly reference: ObjectReference;
  readonly deployment: string | null;
  /** The one that is judged for all of them. */
  readonly pod: PodName;
  /** The one admitted last: it stands in if `pod` is gone, or was never stored. */
  readonly newest: PodName;
  /** Whether the Pod was created for one node, as its author wrote it. */
  readonly isBound: boolean;
  /** References that could not be read. */
  readonly images: readonly string[];
  readonly pullSecrets: readonly string[];
  /** What the admission reported already, as `reportKey` writes it. */
  readonly reported: readonly string[];
  /** Admissions of its Pods without a decision. */
  readonly pods: number;
  /** When the last of them was, in milliseconds of the monotonic clock. */
  readonly admittedAt: number;
  readonly consequence: OwnerConsequence;
  readonly next: NextTry;
}

/** When an owner is looked at again. */
export interface NextTry {
  /** In a row. */
  readonly failures: number;
  /** In milliseconds of the monotonic clock. */
  readonly dueAt: number;
  /** Whether the images, which may become known at any moment, are what it waits for. */
  readonly isForImages: boolean;
}

/**
 * Returns what an owner is known by. An ownerReference is its author's text: with another namespace's uid in it, a Pod must
 * not stand in for that one's.
 */
export function ownerKey({ namespace, reference }: Pick<UnjudgedOwner, 'namespace' | 'reference'>): string {
  return `${namespace}/${reference.uid}`;
}

/** Of the object itself, its lists and numbers, beside the characters of its texts. */
const OWNER_BYTES = 384;

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0);
}

/** About how many bytes of memory an owner takes: all these texts are ASCII, one byte a character. */
export function bytesOf({ namespace, reference, deployment, pod, newest, ...lists }: UnjudgedOwner): number {
  const { apiVersion, kind, name, uid } = reference;
  const texts = [
    namespace,
    apiVersion,
    kind,
    name,
    uid,
    deployment ?? '',
    pod.name,
    pod.uid,
    newest.name,
    newest.uid,
  ];
  const { images, pullSecrets, reported } = lists;
  return OWNER_BYTES + lengthOf(texts) + lengthOf(images) + lengthOf(pullSecrets) + lengthOf(reported);
}
