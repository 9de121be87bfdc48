import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../lib/json.ts';
import { metadataText } from '../pod/object-metadata.ts';

/**
 * Keeps the parsed items of a collection, so that the raw objects (managedFields, image lists of nodes, conditions) are garbage
 * at once. Methods return whether an item changed: most updates of a node are heartbeats.
 */
export interface ItemStore<Item> {
  readonly items: () => ReadonlyMap<string, Item>;
  readonly put: (object: JsonObject) => boolean;
  readonly remove: (object: JsonObject) => boolean;
  /** Starts a new list; `commit` replaces the current one with it. */
  readonly replacement: () => { readonly add: (object: JsonObject) => void; readonly commit: () => boolean };
}

/** @param parse returns null for an object to leave out */
export function createItemStore<Item>(parse: (object: JsonObject) => Item | null): ItemStore<Item> {
  let items = new Map<string, Item>();

  /** Returns the known item if no field that `parse` reads has changed. */
  function current(key: string, object: JsonObject): Item | null {
    const item = parse(object);
    const known = items.get(key);
    return known !== undefined && isDeepStrictEqual(known, item) ? known : item;
  }

  function put(object: JsonObject): boolean {
    const key = objectKey(object);
    const item = current(key, object);
    if (item === null) return items.delete(key);
    const changed = items.get(key) !== item;
    items.set(key, item);
    return changed;
  }

  function replacement() {
    const next = new Map<string, Item>();
    const add = (object: JsonObject): void => {
      const key = objectKey(object);
      const item = current(key, object);
      if (item !== null) next.set(key, item);
    };
    const commit = (): boolean => {
      const changed = next.size !== items.size || [...next].some(([key, item]) => items.get(key) !== item);
      items = next;
      return changed;
    };
    return { add, commit };
  }

  return { items: () => items, put, remove: (object) => items.delete(objectKey(object)), replacement };
}

/** Returns `namespace/name`, or the name alone for an object without a namespace. */
function objectKey(object: JsonObject): string {
  const name = metadataText(object, 'name');
  const namespace = metadataText(object, 'namespace');
  return namespace === '' ? name : `${namespace}/${name}`;
}
