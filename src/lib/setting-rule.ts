/** The place of a value, which has the type of its schema. */
export interface SettingPlace {
  /** The key of the value in its map or list. */
  readonly key: string | number;
  /** The map or list. */
  readonly parent: unknown;
}

/** A check of one value of the configuration, or of its key, beyond its type. */
export interface SettingRule {
  /** Keys from the section to the value; `*` stands for each entry of a map and each item of a list. */
  readonly path: readonly string[];
  /**
   * What a fault means. `fatal`: wasmgate does not start with this value · `vain`: it starts, but the value can never do what it
   * says · `note`: the value works, but probably not as its author thinks.
   */
  readonly level: 'fatal' | 'vain' | 'note';
  /** Returns the fault, and what to write instead; null if there is none. */
  readonly find: (value: unknown, place: SettingPlace) => string | null;
}

export type RuleLevel = SettingRule['level'];

/** Checks texts. */
export function textRule(
  level: RuleLevel,
  path: readonly string[],
  find: (text: string) => string | null,
): SettingRule {
  return { path, level, find: (value) => (typeof value === 'string' ? find(value) : null) };
}

/** Checks the names that an operator gives the entries of a map. */
export function nameRule(
  level: RuleLevel,
  path: readonly string[],
  find: (name: string) => string | null,
): SettingRule {
  return { path: [...path, '*'], level, find: (_value, { key }) => find(String(key)) };
}
