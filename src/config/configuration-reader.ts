import { Type, type Static, type TSchema } from 'typebox';
import { stringify } from 'yaml';
import { readText } from '../files/read-text.ts';
import type { JsonObject } from '../lib/json.ts';
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

/** Checks of well-typed values, by the folder that knows their syntax. Paths are relative to the section. */
export type Refinements<S extends Sections> = {
  readonly [Name in keyof S]?: (section: Static<S[Name]>) => readonly Problem[];
};

/** The result of checking the files that a section names. Paths are relative to the section. */
export interface ExaminedFiles {
  readonly problems: readonly Problem[];
  /** Files that are not on this machine, and may exist where wasmgate runs. */
  readonly absent: readonly Problem[];
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

export interface ConfigurationReader<S extends Sections> {
  /** Returns all defaults. */
  readonly defaults: () => Configuration<S>;
  /** @param source names the text in errors @throws AppError `invalid-configuration` naming every problem */
  readonly parse: (text: string, source: string) => Configuration<S>;
  /** @throws AppError with a `ConfigurationErrorCode` or a `FileErrorCode` */
  readonly read: (file: string) => Promise<Configuration<S>>;
  /** Returns the text of a file. @throws AppError with a `FileErrorCode` */
  readonly readText: (file: string) => Promise<string>;
  /**
   * Finds every problem in a file before it is used. Problems in one section do not hide those of others.
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

/** @param others problems in files that it names */
function reject({ problems, lineOf }: ExaminedFile, source: string, others: readonly Problem[] = []): void {
  const all = [...problems, ...others];
  if (all.length === 0) return;
  throw invalidConfiguration(source, describeProblems(all, lineOf), { isOwn: problems.length > 0 });
}

async function checkFiles<S extends Sections>(
  examined: ExaminedFile,
  fileChecks: FileChecks<S>,
): Promise<Required<ExaminedFiles>> {
  const found = soundSections(examined).map(async (name) => {
    const result = await fileChecks[name]?.(examined.sections[name] as Static<S[string]>);
    const { problems = [], absent = [], notes = [] } = result ?? {};
    return { problems: inSection(name, problems), absent: inSection(name, absent), notes };
  });
  const all = await Promise.all(found);
  return {
    problems: all.flatMap(({ problems }) => problems),
    absent: all.flatMap(({ absent }) => absent),
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
  refinements: Refinements<S> = {},
): ConfigurationReader<S> {
  const schema = fileSchema(sections);
  const names = Object.keys(sections);
  const refine = (name: string, value: unknown): readonly Problem[] =>
    refinements[name]?.(value as Static<S[string]>) ?? [];
  const examine = (text: string, source: string): ExaminedFile =>
    examineFile({ schema, presets, refine }, text, source);
  const parse = (text: string, source: string): Configuration<S> => {
    const examined = examine(text, source);
    reject(examined, source);
    return Object.fromEntries(names.map((name) => [name, examined.sections[name]])) as Configuration<S>;
  };
  return {
    defaults: () => parse('', 'defaults'),
    parse,
    read: async (path) => parse(await readConfiguration(path), path),
    readText: readConfiguration,
    check: async (text, source, fileChecks) => {
      const examined = examine(text, source);
      const { problems, absent, notes } = await checkFiles(examined, fileChecks);
      reject(examined, source, problems);
      return { absent: describeProblems(absent, examined.lineOf), notes };
    },
    keys: () => Object.entries(schema.properties ?? {}).flatMap(([name, node]) => describeKeys(node, name)),
    jsonSchema: () => createJsonSchema(schema, 'wasmgate configuration'),
    defaultFile: (stated = {}) =>
      renderDefaultFile(schema, { ...HEAD, ...parse(stringify({ ...HEAD, ...stated }), 'defaults') }),
  };
}
