import { Type, type Static, type TSchema } from 'typebox';
import { stringify } from 'yaml';
import { AppError } from '../errors.ts';
import { isObject, type JsonObject } from '../image/json.ts';
import { readText } from '../read-text.ts';
import { checkValue, type Path, type Problem } from './check-value.ts';
import { renderDefaultFile } from './default-file.ts';
import { describeKeys, type KeyDescription } from './describe-keys.ts';
import { createJsonSchema } from './json-schema.ts';
import { overlay } from './overlay.ts';
import { parseYaml } from './parse-yaml.ts';
import { schemaNode, type SchemaNode } from './schema.ts';

export type ConfigurationErrorCode = 'invalid-configuration';

const UNREADABLE_ADVICE = 'Name a file; wasmgate config defaults prints one to begin with.';

export const CONFIGURATION_VERSION = 'wasmgate.dev/v1alpha1';
export const CONFIGURATION_KIND = 'Configuration';

/** The sections of the file, each with the schema of the folder that reads it. */
export type Sections = Readonly<Record<string, TSchema>>;

export type Configuration<S extends Sections> = { readonly [Name in keyof S]: Static<S[Name]> };

export interface ConfigurationReader<S extends Sections> {
  /** All defaults. */
  readonly defaults: () => Configuration<S>;
  /** @param source names the text in errors @throws AppError `invalid-configuration` naming every problem */
  readonly parse: (text: string, source: string) => Configuration<S>;
  /** @throws AppError with a `ConfigurationErrorCode` or a `FileErrorCode` */
  readonly read: (file: string) => Promise<Configuration<S>>;
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

export function describePath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    if (!/^[A-Za-z_][\w-]*$/.test(step)) return `${text}["${step}"]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

function invalid(source: string, problems: readonly string[]): AppError<ConfigurationErrorCode> {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const list = problems.map((problem) => `\n  ${problem}`).join('');
  return new AppError<ConfigurationErrorCode>(
    'invalid-configuration',
    `Cannot use configuration "${source}": ${count}${list}`,
    { blame: 'input', advice: 'wasmgate config defaults prints every key with what it takes.' },
  );
}

function describeProblem(problem: { line: number | null; name: string; what: string }): string {
  const { line, name, what } = problem;
  return `${line === null ? '' : `line ${line}: `}${name === '' ? 'the file' : name}: ${what}`;
}

/**
 * Defaults that depend on what the file states, in the shape of the file. What it states itself stands above them, and they
 * stand above those of the schema.
 */
export type Presets = (stated: JsonObject) => JsonObject;

/** What is wrong with values that have the shape they should, said by whoever knows their syntax; paths within the section. */
export type Refinements<S extends Sections> = {
  readonly [Name in keyof S]?: (section: Static<S[Name]>) => readonly Problem[];
};

type Refine = (file: Readonly<Record<string, unknown>>) => readonly Problem[];

function refineWith<S extends Sections>(refinements: Refinements<S>): Refine {
  return (file) =>
    Object.keys(refinements).flatMap((name) =>
      (refinements[name]?.(file[name] as Static<S[string]>) ?? []).map(({ path, text }) => ({
        path: [name, ...path],
        text,
      })),
    );
}

const HEAD = { apiVersion: CONFIGURATION_VERSION, kind: CONFIGURATION_KIND } as const;

function checkFile(
  rules: { readonly schema: SchemaNode; readonly presets: Presets; readonly refine: Refine },
  text: string,
  source: string,
): Readonly<Record<string, unknown>> {
  const { schema, presets, refine } = rules;
  const { value, problems: syntax, lineOf } = parseYaml(text);
  if (syntax.length > 0) throw invalid(source, syntax);
  // An empty file says nothing, and nothing needs a version.
  const stated = value === null ? HEAD : value;
  const checked = checkValue(schema, isObject(stated) ? overlay(presets(stated), stated) : stated);
  const file = checked.value as Readonly<Record<string, unknown>>;
  const problems = (checked.problems.length > 0 ? checked.problems : refine(file))
    .map(({ path, text: what }) => ({ line: lineOf(path), name: describePath(path), what }))
    .toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0));
  if (problems.length > 0) throw invalid(source, problems.map(describeProblem));
  return file;
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
  const rules = { schema, presets, refine: refineWith(refinements) };
  const names = Object.keys(sections);
  const parse = (text: string, source: string): Configuration<S> => {
    const file = checkFile(rules, text, source);
    return Object.fromEntries(names.map((name) => [name, file[name]])) as Configuration<S>;
  };
  const defaults = (): Configuration<S> => parse('', 'defaults');
  return {
    defaults,
    parse,
    read: async (path) =>
      parse(await readText({ path, what: 'configuration', advice: UNREADABLE_ADVICE }), path),
    keys: () => Object.entries(schema.properties ?? {}).flatMap(([name, node]) => describeKeys(node, name)),
    jsonSchema: () => createJsonSchema(schema, 'wasmgate configuration'),
    defaultFile: (stated = {}) =>
      renderDefaultFile(schema, { ...HEAD, ...parse(stringify({ ...HEAD, ...stated }), 'defaults') }),
  };
}
