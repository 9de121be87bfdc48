import { child, property, stringOr, type JsonObject } from '../lib/json.ts';

/** A field of an object's `metadata`, such as its name; '' where it has none. */
export function metadataText(object: JsonObject, key: string): string {
  return stringOr(property(child(object, 'metadata'), key), '');
}
