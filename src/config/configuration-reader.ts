import { Type, type Static, type TSchema } from 'typebox';
import { stringify } from 'yaml';
import { readText } from '../files/read-text.ts';
import type { JsonObject } from '../lib/json.ts';
import type { SettingRule } from '../lib/setting-rule.ts';
import type { Problem } from './check-value.ts';
import { renderDefaultFile } from './default-file.ts';
import { describeProblems, invalidConfiguration } from './describe-problem.ts';
import {
  CONFIGURATION_KIND,
  CONFIGURATION_VERSION,
  examineFile,
  HEAD,
  inSection,
  soundSections,
  type ExaminedFile,
} from './examine-file.ts';
import { createJsonSchema } from './json-schema.ts';
import type { Presets } from './presets.ts';
import { describeKeys, type KeyDescription, schemaNode, type SchemaNode } from './schema.ts';

const UNREADABLE_ADVICE = 'Name a file; "wasmgate config defaults" prints one to start from.';

/** The sections of the file, each with the schema of the folder that uses it. */
export type Sections = Readonly<Record<string, TSchema>>;

export type Configuration<S extends Sections> = { readonly [Name in keyof S]: Static<S[Name]> };

/** Checks of single values, by the folder that knows their syntax. */
export type SectionRules<S extends Sections> = { readonly [Name in keyof S]?: readonly SettingRule[] };

/** The result of checking the files that a section names. Paths are relative to the section. */
export interface ExaminedFiles {
  readonly problems: readonly Problem[];
  /** Files that are not on this machine, and may exist where wasmgate runs. */
  readonly absent: readonly Problem[];
  /** Settings that have no effect. */
  readonly vain?: readonly Problem[];
  /** Settings that work, but differently from what they suggest. */
  readonly notes?: readonly string[];
}

/** Notes for people on a configuration without problems. */
export interface Remarks {
  /** Files that are not on this machine and were not checked, each with its place. */
  readonly absent: readonly string[];
  readonly notes: readonly string[];
}

export type FileChecks<S extends Sections> = {
  readonly [Name in keyof S]?: (section: Static<S[Name]>) => Promise<ExaminedFiles>;
};

export interface ParsedConfiguration<S extends Sections> {
  readonly settings: Configuration<S>;
  readonly warnings: readonly string[];
}

export interface ConfigurationReader<S extends Sections> {
  /** Returns all defaults. */
  readonly defaults: () => Configuration<S>;
  /** @param source names the text in errors @throws AppError `invalid-configuration` naming every problem */
  readonly parse: (text: string, source: string) => Configuration<S>;
  /**
   * Does the same, and returns the values that can never do what they say, each with its place. What worked until now must not
   * be rejected, so only `check` makes errors of them.
   */
  readonly parseWithWarnings: (text: string, source: string) => ParsedConfiguration<S>;
  /** @throws AppError with a `ConfigurationErrorCode` or a `FileErrorCode` */
  readonly read: (file: string) => Promise<Configuration<S>>;
  /** Returns the text of a file. @throws AppError with a `FileErrorCode` */
  readonly readText: (file: string) => Promise<string>;
  /**
   * Finds every problem in a file before it is used, with values that can never do what they say. No problem hides another.
   * @throws AppError `invalid-configuration` naming every problem
   */
  readonly check: (text: string, source: string, fileChecks: FileChecks<S>) => Promise<Remarks>;
  readonly keys: () => readonly KeyDescription[];
  /** Returns the JSON Schema for editors. */
  readonly jsonSchema: () => object;
  /** Writes a commented file with every default, as changed by the stated values. */
  readonly defaultFile: (stated?: JsonObject) => string;
}

function fileSchema(sections: Sections): SchemaNode {
  return schemaNode(
    Type.Object(
      {
        apiVersion: Type.Literal(CONFIGURATION_VERSION, {
          description: 'Required in every file that is not empty.',
        }),
        kind: Type.Literal(CONFIGURATION_KIND, { description: 'Also required.' }),
        ...sections,
      },
      { additionalProperties: false },
    ),
  );
}

function readConfiguration(path: string): Promise<string> {
  return readText({ path, what: 'configuration', advice: UNREADABLE_ADVICE });
}

function reject({ problems, lineOf }: ExaminedFile, source: string): void {
  if (problems.length > 0) throw invalidConfiguration(source, describeProblems(problems, lineOf));
}

/** @param files what the check of the files that it names found */
function rejectAll(
  { problems, vain, lineOf }: ExaminedFile,
  source: string,
  files: Pick<Required<ExaminedFiles>, 'problems' | 'vain'>,
): void {
  const all = [...problems, ...vain, ...files.problems, ...files.vain];
  if (all.length === 0) return;
  const isUsable = problems.length + files.problems.length === 0;
  throw invalidConfiguration(source, describeProblems(all, lineOf), { isOwn: problems.length > 0, isUsable });
}

async function checkFiles<S extends Sections>(
  examined: ExaminedFile,
  schema: SchemaNode,
  fileChecks: FileChecks<S>,
): Promise<Required<ExaminedFiles>> {
  const found = [...soundSections(examined, schema)].map(async ([name, section]) => {
    const result = await fileChecks[name]?.(section as Static<S[string]>);
    const { problems = [], absent = [], vain = [], notes = [] } = result ?? {};
    return {
      problems: inSection(name, problems),
      absent: inSection(name, absent),
      vain: inSection(name, vain),
      notes,
    };
  });
  const all = await Promise.all(found);
  return {
    problems: all.flatMap(({ problems }) => problems),
    absent: all.flatMap(({ absent }) => absent),
    vain: all.flatMap(({ vain }) => vain),
    notes: all.flatMap(({ notes }) => notes),
  };
}

/**
 * Reads `kind: Configuration` files against the schemas of their sections. Each folder exports the schema of its own settings, and
 * the composition root lists them.
 */
export function createConfigurationReader<const S extends Sections>(
  sections: S,
  presets: Presets = () => ({}),
  rules: SectionRules<S> = {},
): ConfigurationReader<S> {
  const schema = fileSchema(sections);
  const names = Object.keys(sections);
  const examine = (text: string, source: string): ExaminedFile =>
    examineFile({ schema, presets, rules }, text, source);
  const parseWithWarnings = (text: string, source: string): ParsedConfiguration<S> => {
    const examined = examine(text, source);
    reject(examined, source);
    const settings = Object.fromEntries(names.map((name) => [name, examined.sections[name]]));
    const warnings = describeProblems(examined.vain, examined.lineOf);
    return { settings: settings as Configuration<S>, warnings };
  };
  const parse = (text: string, source: string): Configuration<S> => parseWithWarnings(text, source).settings;
  return {
    defaults: () => parse('', 'defaults'),
    parse,
    parseWithWarnings,
    read: async (path) => parse(await readConfiguration(path), path),
    readText: readConfiguration,
    check: async (text, source, fileChecks) => {
      const examined = examine(text, source);
      const { absent, notes, ...found } = await checkFiles(examined, schema, fileChecks);
      rejectAll(examined, source, found);
      const { lineOf } = examined;
      return {
        absent: describeProblems(absent, lineOf),
        notes: [...describeProblems(examined.notes, lineOf), ...notes],
      };
    },
    keys: () => Object.entries(schema.properties ?? {}).flatMap(([name, node]) => describeKeys(node, name)),
    jsonSchema: () => createJsonSchema(schema, 'wasmgate configuration'),
    defaultFile: (stated = {}) =>
      renderDefaultFile(schema, { ...HEAD, ...parse(stringify({ ...HEAD, ...stated }), 'defaults') }),
  };
}
