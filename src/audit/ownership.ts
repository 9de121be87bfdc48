import type { Owners } from '../assess/unjudged/recreation.ts';
import { ownerOf } from '../assess/unjudged/unjudged-owner.ts';
import { property, stringOr, type JsonObject } from '../lib/json.ts';
import { controllerOf, groupKindOf, metadataText, type ObjectReference } from '../pod/object-metadata.ts';

/** A SpinApp's Deployment is the third. A longer chain would be a loop. */
const MOST_OWNERS = 8;

/** Returns a key of an object of a namespace. A name identifies it, and unlike a uid is known of a ReplicaSet's Deployment. */
export function objectKey(
  namespace: string,
  reference: Pick<ObjectReference, 'apiVersion' | 'kind' | 'name'>,
): string {
  const { group, kind } = groupKindOf(reference);
  return `${namespace} ${group}/${kind} ${reference.name}`;
}

/** Returns how an ownerReference would name the object. */
export function referenceOf(object: JsonObject): ObjectReference {
  return {
    apiVersion: stringOr(property(object, 'apiVersion'), ''),
    kind: stringOr(property(object, 'kind'), ''),
    name: metadataText(object, 'name'),
    uid: metadataText(object, 'uid'),
  };
}

/** Who owns what, as far as the objects that were noted show it. */
export interface Ownership {
  readonly note: (object: JsonObject) => void;
  /** Returns the Pod's controller, or the Pod itself, and what owns that in turn; null for a Pod without a name and a uid. */
  readonly ownersOf: (namespace: string, pod: JsonObject) => Owners | null;
  /** Returns what owns the object, nearest first; empty if nothing does. */
  readonly ownersOfObject: (object: JsonObject) => readonly ObjectReference[];
}

/** Creates an index of owners: a few hundred bytes for each object that has one. */
export function createOwnership(): Ownership {
  const controllers = new Map<string, ObjectReference>();

  function climb(namespace: string, first: ObjectReference): readonly ObjectReference[] {
    const owners = [first];
    for (let last = first; owners.length < MOST_OWNERS;) {
      const next = controllers.get(objectKey(namespace, last));
      if (next === undefined) break;
      owners.push(next);
      last = next;
    }
    return owners;
  }

  return {
    note: (object) => {
      const controller = controllerOf(object);
      if (controller === null) return;
      controllers.set(objectKey(metadataText(object, 'namespace'), referenceOf(object)), controller);
    },
    ownersOf: (namespace, pod) => {
      const owner = ownerOf(pod);
      if (owner === null) return null;
      const { reference, deployment } = owner;
      const [, ...above] = climb(namespace, reference);
      if (above.length > 0 || deployment === null) return [reference, ...above];
      const behind = { apiVersion: 'apps/v1', kind: 'Deployment', name: deployment, uid: '' };
      return [reference, ...climb(namespace, behind)];
    },
    ownersOfObject: (object) => {
      const controller = controllerOf(object);
      return controller === null ? [] : climb(metadataText(object, 'namespace'), controller);
    },
  };
}
