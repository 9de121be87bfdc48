import { isObject, type JsonObject, property } from '../lib/json.ts';
import { checkValue, type Path, type Problem } from './check-value.ts';
import { invalidConfiguration } from './describe-problem.ts';
import { parseYaml } from './parse-yaml.ts';
import { overlay, type Presets } from './presets.ts';
import type { SchemaNode } from './schema.ts';

export const CONFIGURATION_VERSION = 'wasmgate.dev/v1alpha1';
export const CONFIGURATION_KIND = 'Configuration';
export const HEAD = { apiVersion: CONFIGURATION_VERSION, kind: CONFIGURATION_KIND } as const;

/**
 * The text that a ConfigMap carries stands under a key that nobody can know; there is mostly one. There are two programs called
 * yq, and without `-r` one of them, which Debian has, writes the text as a JSON string.
 */
function faultOfConfigMap(manifest: JsonObject): string {
  const data = property(manifest, 'data');
  const [key = 'configuration.yaml'] = isObject(data) ? Object.keys(data) : [];
  const command = `yq -r '.data["${key}"]' FILE | wasmgate config check -`;
  return `it is a ConfigMap; the configuration is the text under its key "${key}". Take that: ${command}`;
}

/** Another kind of object altogether, which would be told as many keys that there are not; null where it is none. */
function faultOfKind(stated: JsonObject): Problem | null {
  const kind = property(stated, 'kind');
  const version = property(stated, 'apiVersion');
  if (typeof kind !== 'string' || typeof version !== 'string') return null;
  if (kind === CONFIGURATION_KIND || version.startsWith('wasmgate.dev/')) return null;
  if (kind === 'ConfigMap') return { path: [], text: faultOfConfigMap(stated) };
  const wanted = `kind ${CONFIGURATION_KIND} of ${CONFIGURATION_VERSION}`;
  return { path: [], text: `it is of kind "${kind}" of "${version}", and takes ${wanted}.` };
}

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
