import { isObject, property } from '../json.ts';

/** Whether a controller owns the object, such as a Deployment its ReplicaSets. */
export function isControlled(object: unknown): boolean {
  const metadata = isObject(object) ? property(object, 'metadata') : undefined;
  const owners = isObject(metadata) ? property(metadata, 'ownerReferences') : undefined;
  return (
    Array.isArray(owners) && owners.some((owner) => isObject(owner) && property(owner, 'controller') === true)
  );
}
