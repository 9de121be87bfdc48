/** An object of untrusted JSON. The functions below return a value of the wanted type, or the stated absence. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads own properties only, so that keys such as `__proto__` and `constructor` read like any other. */
export function property(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

const NOTHING: JsonObject = {};

/** Returns the object under a key; an empty one if there is none. */
export function child(object: JsonObject, key: string): JsonObject {
  const value = property(object, key);
  return isObject(value) ? value : NOTHING;
}

export function stringOr<Absent>(value: unknown, absent: Absent): string | Absent {
  return typeof value === 'string' ? value : absent;
}

/** Returns the objects of a list; none if the value is no list. */
export function objectList(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function isString(item: unknown): item is string {
  return typeof item === 'string';
}

/**
 * Returns the strings of a list; null if the value is no list. Most lists hold nothing else and are returned as they are: the
 * result of `filter` has room for sixteen more items.
 */
export function stringList(value: unknown): readonly string[] | null {
  if (!Array.isArray(value)) return null;
  return value.every(isString) ? value : value.filter(isString);
}

/** Shared, because an empty Map takes 200 bytes: most of the descriptors in thousands of manifests have no annotations. */
const NO_STRINGS: ReadonlyMap<string, string> = new Map();

/** Returns the string entries of an object as a Map, in which no key has a special meaning. */
export function stringMap(value: unknown): ReadonlyMap<string, string> {
  if (!isObject(value)) return NO_STRINGS;
  const entries = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return entries.length === 0 ? NO_STRINGS : new Map(entries);
}
