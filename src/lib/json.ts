/** Reading untrusted JSON: each helper answers the value when it has the wanted type, else the stated absence. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Own properties only: a document with a `__proto__` or `constructor` key reads like any other. */
export function property(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

const NOTHING: JsonObject = {};

/** The object under a key; one without properties where there is none. */
export function child(object: JsonObject, key: string): JsonObject {
  const value = property(object, key);
  return isObject(value) ? value : NOTHING;
}

export function stringOr<Absent>(value: unknown, absent: Absent): string | Absent {
  return typeof value === 'string' ? value : absent;
}

/** The strings of a list; null where it is absent, null or no list. */
export function stringList(value: unknown): readonly string[] | null {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : null;
}

/** String-valued entries of an object as a Map, which no key of the document can surprise. */
export function stringMap(value: unknown): ReadonlyMap<string, string> {
  if (!isObject(value)) return new Map();
  return new Map(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
