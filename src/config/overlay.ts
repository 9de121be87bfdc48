import { isObject, type JsonObject } from '../lib/json.ts';

/** What is stated, and below it, key by key, what holds where nothing is stated. Lists and values are taken whole. */
export function overlay(defaults: JsonObject, stated: JsonObject): JsonObject {
  const merged = new Map(Object.entries(stated));
  for (const [key, value] of Object.entries(defaults)) {
    const above = merged.get(key);
    // A section with every key commented out is YAML's null: it states nothing.
    if (above === undefined || (above === null && isObject(value))) merged.set(key, value);
    else if (isObject(value) && isObject(above)) merged.set(key, overlay(value, above));
  }
  return Object.fromEntries(merged);
}
