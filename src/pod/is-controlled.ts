import { child, isObject, property } from '../lib/json.ts';

/** Whether a controller owns the object, such as a Deployment its ReplicaSets. */
export function isControlled(object: unknown): boolean {
  const owners = isObject(object) ? property(child(object, 'metadata'), 'ownerReferences') : undefined;
  return (
    Array.isArray(owners) && owners.some((owner) => isObject(owner) && property(owner, 'controller') === true)
  );
}
