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
