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

const UNREADABLE_ADVICE = 'Name a file; wasmgate config defaults prints one to begin with.';

/** The sections of the file, each with the schema of the folder that reads it. */
export type Sections = Readonly<Record<string, TSchema>>;

export type Configuration<S extends Sections> = { readonly [Name in keyof S]: Static<S[Name]> };

/** What is wrong with values that have the shape they should, said by whoever knows their syntax; paths within the section. */
export type Refinements<S extends Sections> = {
  readonly [Name in keyof S]?: (section: Static<S[Name]>) => readonly Problem[];
};

/** What is in the files that a section names; paths within the section. */
export interface ExaminedFiles {
  readonly problems: readonly Problem[];
  /** What is not here, and may be elsewhere. */
  readonly absent: readonly Problem[];
  /** What works otherwise than it looks, and is no problem. */
  readonly notes?: readonly string[];
}

/** What can be said of a configuration without a problem, for people. */
export interface Remarks {
  /** What is not here to be looked into, each with its place. */
  readonly absent: readonly string[];
  readonly notes: readonly string[];
}

export type Looks<S extends Sections> = {
  readonly [Name in keyof S]?: (section: Static<S[Name]>) => Promise<ExaminedFiles>;
};

export interface ConfigurationReader<S extends Sections> {
  /** All defaults. */
  readonly defaults: () => Configuration<S>;
  /** @param source names the text in errors @throws AppError `invalid-configuration` naming every problem */
  readonly parse: (text: string, source: string) => Configuration<S>;
  /** @throws AppError with a `ConfigurationErrorCode` or a `FileErrorCode` */
  readonly read: (file: string) => Promise<Configuration<S>>;
  /** The text of a file as it stands. @throws AppError with a `FileErrorCode` */
  readonly readText: (file: string) => Promise<string>;
  /**
   * All that can be known of a file before it is used, that of sound sections among it where others have problems.
   * @throws AppError `invalid-configuration` naming every problem
   */
  readonly check: (text: string, source: string, looks: Looks<S>) => Promise<Remarks>;
  readonly keys: () => readonly KeyDescription[];
  /** For editors. */
  readonly jsonSchema: () => object;
  /** Every default as a file, with what each key is for; and what follows where some keys are stated. */
  readonly defaultFile: (stated?: JsonObject) => string;
}

function fileSchema(sections: Sections): SchemaNode {
  return schemaNode(
    Type.Object(
      {
        apiVersion: Type.Literal(CONFIGURATION_VERSION, {
          description: 'Needed in every file that is not empty.',
        }),
        kind: Type.Literal(CONFIGURATION_KIND, { description: 'Needed, too.' }),
        ...sections,
      },
      { additionalProperties: false },
    ),
  );
}

function readConfiguration(path: string): Promise<string> {
  return readText({ path, what: 'configuration', advice: UNREADABLE_ADVICE });
}

/** @param others of files that it names */
function refuse({ problems, lineOf }: ExaminedFile, source: string, others: readonly Problem[] = []): void {
  const all = [...problems, ...others];
  if (all.length === 0) return;
  throw invalidConfiguration(source, describeProblems(all, lineOf), { isOwn: problems.length > 0 });
}

async function lookInto<S extends Sections>(
  examined: ExaminedFile,
  looks: Looks<S>,
): Promise<Required<ExaminedFiles>> {
  const found = soundSections(examined).map(async (name) => {
    const look = await looks[name]?.(examined.sections[name] as Static<S[string]>);
    const { problems = [], absent = [], notes = [] } = look ?? {};
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
 * Reads `kind: Configuration` files against the sections' schemas. It knows none of them itself: each folder exports the
 * shape of its own settings, and the composition root says which there are.
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
    refuse(examined, source);
    return Object.fromEntries(names.map((name) => [name, examined.sections[name]])) as Configuration<S>;
  };
  return {
    defaults: () => parse('', 'defaults'),
    parse,
    read: async (path) => parse(await readConfiguration(path), path),
    readText: readConfiguration,
    check: async (text, source, looks) => {
      const examined = examine(text, source);
      const { problems, absent, notes } = await lookInto(examined, looks);
      refuse(examined, source, problems);
      return { absent: describeProblems(absent, examined.lineOf), notes };
    },
    keys: () => Object.entries(schema.properties ?? {}).flatMap(([name, node]) => describeKeys(node, name)),
    jsonSchema: () => createJsonSchema(schema, 'wasmgate configuration'),
    defaultFile: (stated = {}) =>
      renderDefaultFile(schema, { ...HEAD, ...parse(stringify({ ...HEAD, ...stated }), 'defaults') }),
  };
}
