import { child, property, stringOr, type JsonObject, isObject } from '../lib/json.ts';

/** A field of an object's `metadata`, such as its name; '' where it has none. */
export function metadataText(object: JsonObject, key: string): string {
  return stringOr(property(child(object, 'metadata'), key), '');
}

/** Whether a controller owns the object, such as a Deployment its ReplicaSets. */
export function isControlled(object: unknown): boolean {
  const owners = isObject(object) ? property(child(object, 'metadata'), 'ownerReferences') : undefined;
  return (
    Array.isArray(owners) && owners.some((owner) => isObject(owner) && property(owner, 'controller') === true)
  );
}

/** RFC 1123, "subdomain", as apimachinery's `IsDNS1123Subdomain` takes it. */
const SUBDOMAIN = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const MAX_LENGTH = 253;

/**
 * Whether an object can have this name. A Pod may refer to anything: no validation looks at the names in `imagePullSecrets`.
 * What passes is safe as a segment of a path: it is neither `.` nor `..` and holds nothing to encode.
 */
export function isObjectName(text: string): boolean {
  return text.length <= MAX_LENGTH && SUBDOMAIN.test(text);
}
