import { child, isObject, property, stringOr, type JsonObject } from '../lib/json.ts';

/**
 * Defaults that depend on what the file states, in the shape of the file. They override the defaults of the schema, and the
 * file overrides both.
 */
export type Presets = (stated: JsonObject) => JsonObject;

/** The defaults of one section by the value of the key that chooses them. */
export type PresetTable = Readonly<Record<string, object | undefined>>;

interface Choice {
  /** The key that chooses: its section and its name. */
  readonly by: readonly [section: string, key: string];
  /** One table for each section. */
  readonly tables: Readonly<Record<string, PresetTable>>;
}

/** Returns defaults of several sections that one key chooses. An unknown value chooses none; the schema reports it. */
export function choosePresets({ by: [section, key], tables }: Choice): Presets {
  return (stated) => {
    const chosen = stringOr(property(child(stated, section), key), null);
    const found = Object.entries(tables).map(([name, table]) => {
      const isKnown = chosen !== null && Object.hasOwn(table, chosen);
      return [name, isKnown ? (table[chosen] ?? {}) : {}] as const;
    });
    return Object.fromEntries(found.filter(([, values]) => Object.keys(values).length > 0));
  };
}

/** Merges the stated values over the defaults, key by key. Lists and scalars replace the default as a whole. */
export function overlay(defaults: JsonObject, stated: JsonObject): JsonObject {
  const merged = new Map(Object.entries(stated));
  for (const [key, value] of Object.entries(defaults)) {
    const above = merged.get(key);
    // YAML reads a section with every key commented out as null: it states nothing.
    if (above === undefined || (above === null && isObject(value))) merged.set(key, value);
    else if (isObject(value) && isObject(above)) merged.set(key, overlay(value, above));
  }
  return Object.fromEntries(merged);
}
