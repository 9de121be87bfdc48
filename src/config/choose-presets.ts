import { isObject, property, type JsonObject } from '../lib/json.ts';
import type { Presets } from './examine-file.ts';

/** By the word that the file states, what a section takes for its defaults then. */
export type PresetTable = Readonly<Record<string, object | undefined>>;

interface Choice {
  /** Where the word stands: a section, and its key. */
  readonly by: readonly [section: string, key: string];
  /** By section; each is its own section's. */
  readonly tables: Readonly<Record<string, PresetTable>>;
}

function statedWord(stated: JsonObject, [section, key]: Choice['by']): string | null {
  const values = property(stated, section);
  const word = isObject(values) ? property(values, key) : null;
  return typeof word === 'string' ? word : null;
}

/** Defaults of several sections that one word chooses; a word that is none chooses nothing, and is told of elsewhere. */
export function choosePresets({ by, tables }: Choice): Presets {
  return (stated) => {
    const word = statedWord(stated, by);
    const chosen = Object.entries(tables).map(([section, table]) => {
      const isThere = word !== null && Object.hasOwn(table, word);
      return [section, isThere ? (table[word] ?? {}) : {}] as const;
    });
    return Object.fromEntries(chosen.filter(([, values]) => Object.keys(values).length > 0));
  };
}
