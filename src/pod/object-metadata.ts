import { child, property, stringOr, type JsonObject, isObject } from '../lib/json.ts';

/** Returns a text field of an object's `metadata`, such as its name; '' if absent. */
export function metadataText(object: JsonObject, key: string): string {
  return stringOr(property(child(object, 'metadata'), key), '');
}

/** Reports whether a controller owns the object, as a Deployment owns its ReplicaSets. */
export function isControlled(object: unknown): boolean {
  const owners = isObject(object) ? property(child(object, 'metadata'), 'ownerReferences') : undefined;
  return (
    Array.isArray(owners) && owners.some((owner) => isObject(owner) && property(owner, 'controller') === true)
  );
}

/** An object, as an ownerReference names it. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** Returns group and kind of an object, or of a reference to one. */
export function groupKindOf({ apiVersion, kind }: Pick<ObjectReference, 'apiVersion' | 'kind'>) {
  const slash = apiVersion.indexOf('/');
  return { group: slash < 0 ? '' : apiVersion.slice(0, slash), kind };
}

/** Returns `apps/v1`, or `v1` for the core group. */
export function apiVersionOf({
  group,
  version,
}: {
  readonly group: string;
  readonly version: string;
}): string {
  return group === '' ? version : `${group}/${version}`;
}

/** Returns the name that only this resource has, as kubectl and RBAC's rules write it: `deployments.apps`. */
export function resourceName({
  group,
  resource,
}: {
  readonly group: string;
  readonly resource: string;
}): string {
  return group === '' ? resource : `${resource}.${group}`;
}

/** What the API server accepts for a group and version, a kind and a uid; an ownerReference is its author's text. */
const API_VERSION = /^(?:[a-z0-9.-]{1,253}\/)?[a-z0-9]{1,63}$/;
const KIND = /^[A-Za-z][A-Za-z0-9]{0,62}$/;
const UID = /^[\w-]{1,128}$/;

export function isUid(text: string): boolean {
  return UID.test(text);
}

/** Returns the controller of an object; null if it has none, or names one that cannot exist. */
export function controllerOf(object: JsonObject): ObjectReference | null {
  const owners = property(child(object, 'metadata'), 'ownerReferences');
  const found: unknown = Array.isArray(owners)
    ? owners.find((owner) => isObject(owner) && property(owner, 'controller') === true)
    : undefined;
  if (!isObject(found)) return null;
  const text = (key: string): string => stringOr(property(found, key), '');
  const reference = {
    apiVersion: text('apiVersion'),
    kind: text('kind'),
    name: text('name'),
    uid: text('uid'),
  };
  const isValid =
    API_VERSION.test(reference.apiVersion) &&
    KIND.test(reference.kind) &&
    isObjectName(reference.name) &&
    isUid(reference.uid);
  return isValid ? reference : null;
}

/** RFC 1123 subdomain, as in apimachinery's `IsDNS1123Subdomain`. */
const SUBDOMAIN = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const MAX_LENGTH = 253;

/**
 * Reports whether an object can have this name. A Pod may refer to anything: the API server does not validate the names in
 * `imagePullSecrets`. A valid name is safe as a path segment: it is neither `.` nor `..` and needs no encoding.
 */
export function isObjectName(text: string): boolean {
  return text.length <= MAX_LENGTH && SUBDOMAIN.test(text);
}
