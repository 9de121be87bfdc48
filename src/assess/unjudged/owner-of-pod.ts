import { stringOr } from '../../lib/json.ts';
import { isObjectName } from '../../pod/object-metadata.ts';
import type { Pod } from '../../pod/pod.ts';
import type { ObjectReference } from '../ports.ts';

/** Its value ends the name of each ReplicaSet that a Deployment makes; the controller writes both. */
const TEMPLATE_HASH_LABEL = 'pod-template-hash';

/** What the API server takes for a group and version, for a kind and for a uid; an ownerReference is its author's text. */
const API_VERSION = /^(?:[a-z0-9.-]{1,253}\/)?[a-z0-9]{1,63}$/;
const KIND = /^[A-Za-z][A-Za-z0-9]{0,62}$/;
const UID = /^[\w-]{1,128}$/;

export interface Owner {
  /** The controller; the Pod itself if it has none. */
  readonly reference: ObjectReference;
  /** The Deployment behind a ReplicaSet; null if the Pod does not show one for certain. */
  readonly deployment: string | null;
}

function deploymentOf({ apiVersion, kind, name }: ObjectReference, { metadata }: Pod): string | null {
  const hash = metadata?.labels?.[TEMPLATE_HASH_LABEL];
  if (kind !== 'ReplicaSet' || apiVersion !== 'apps/v1' || !hash || !name.endsWith(`-${hash}`)) return null;
  const deployment = name.slice(0, -hash.length - 1);
  return isObjectName(deployment) ? deployment : null;
}

/** Returns the Pod's controller, or the Pod itself; null for a Pod without the names that a stored object has. */
export function ownerOf(pod: Pod): Owner | null {
  // The API server has these as texts; other webhooks' patches, and whoever else reaches the port, may not.
  const { metadata } = pod;
  const [name, uid] = [stringOr(metadata?.name, ''), stringOr(metadata?.uid, '')];
  if (!isObjectName(name) || !UID.test(uid)) return null;
  const own: ObjectReference = { apiVersion: 'v1', kind: 'Pod', name, uid };
  const controller = metadata?.ownerReferences?.find((owner) => owner.controller === true);
  const reference: ObjectReference = {
    apiVersion: stringOr(controller?.apiVersion, ''),
    kind: stringOr(controller?.kind, ''),
    name: stringOr(controller?.name, ''),
    uid: stringOr(controller?.uid, ''),
  };
  const isNamed =
    API_VERSION.test(reference.apiVersion) &&
    KIND.test(reference.kind) &&
    isObjectName(reference.name) &&
    UID.test(reference.uid);
  return isNamed
    ? { reference, deployment: deploymentOf(reference, pod) }
    : { reference: own, deployment: null };
}
