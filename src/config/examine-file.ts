import { isObject, type JsonObject } from '../lib/json.ts';
import { checkValue, type Path, type Problem } from './check-value.ts';
import { CONFIGURATION_KIND, CONFIGURATION_VERSION, faultOfKind } from './configuration-kind.ts';
import { invalidConfiguration } from './describe-problem.ts';
import { overlay } from './overlay.ts';
import { parseYaml } from './parse-yaml.ts';
import type { SchemaNode } from './schema.ts';

/**
 * Defaults that depend on what the file states, in the shape of the file. What it states itself stands above them, and they
 * stand above those of the schema.
 */
export type Presets = (stated: JsonObject) => JsonObject;

/** What is wrong with the values of a section that have the shape they should; paths within the section. */
export type Refine = (section: string, value: unknown) => readonly Problem[];

export interface FileRules {
  readonly schema: SchemaNode;
  readonly presets: Presets;
  readonly refine: Refine;
}

/** Values with all defaults; they count only where there is no problem. */
export interface ExaminedFile {
  readonly sections: Readonly<Record<string, unknown>>;
  readonly problems: readonly Problem[];
  readonly lineOf: (path: Path) => number | null;
}

export const HEAD = { apiVersion: CONFIGURATION_VERSION, kind: CONFIGURATION_KIND } as const;

/** Sections without a problem: the faults of one must not hide those of another. */
export function soundSections({ sections, problems }: ExaminedFile): readonly string[] {
  const isSound = (name: string): boolean =>
    !problems.some(({ path: [first] }) => first === undefined || first === name);
  return Object.keys(sections).filter(isSound);
}

/** Puts paths within a section under its name. */
export function inSection(name: string, problems: readonly Problem[]): readonly Problem[] {
  return problems.map(({ path, text }) => ({ path: [name, ...path], text }));
}

/** @throws AppError `invalid-configuration` where the text is no YAML */
export function examineFile(
  { schema, presets, refine }: FileRules,
  text: string,
  source: string,
): ExaminedFile {
  const { value, problems: syntax, lineOf } = parseYaml(text);
  if (syntax.length > 0) throw invalidConfiguration(source, syntax);
  // An empty file says nothing, and nothing needs a version.
  const stated = value === null ? HEAD : value;
  const otherKind = isObject(stated) ? faultOfKind(stated) : null;
  if (otherKind !== null) return { sections: {}, problems: [otherKind], lineOf };
  const checked = checkValue(schema, isObject(stated) ? overlay(presets(stated), stated) : stated);
  const sections = isObject(checked.value) ? checked.value : {};
  const examined = { sections, problems: checked.problems, lineOf };
  const refined = soundSections(examined).flatMap((name) => inSection(name, refine(name, sections[name])));
  return { ...examined, problems: [...checked.problems, ...refined] };
}
