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
 * A ConfigMap holds the text under a key of any name, and mostly has one. Two programs are called yq; without `-r`, the one in
 * Debian prints a JSON string.
 */
function faultOfConfigMap(manifest: JsonObject): string {
  const data = property(manifest, 'data');
  const [key = 'configuration.yaml'] = isObject(data) ? Object.keys(data) : [];
  const command = `yq -r '.data["${key}"]' FILE | wasmgate config check -`;
  return `it is a ConfigMap; the configuration is the text under its key "${key}". Use that: ${command}`;
}

/** Reports an object of another kind, which would otherwise show as many unknown keys; null for a configuration. */
function faultOfKind(stated: JsonObject): Problem | null {
  const kind = property(stated, 'kind');
  const version = property(stated, 'apiVersion');
  if (typeof kind !== 'string' || typeof version !== 'string') return null;
  if (kind === CONFIGURATION_KIND || version.startsWith('wasmgate.dev/')) return null;
  if (kind === 'ConfigMap') return { path: [], text: faultOfConfigMap(stated) };
  const wanted = `kind ${CONFIGURATION_KIND} of ${CONFIGURATION_VERSION}`;
  return { path: [], text: `found kind "${kind}" of "${version}", takes ${wanted}.` };
}

/** Checks a well-typed section. Paths are relative to the section. */
export type Refine = (section: string, value: unknown) => readonly Problem[];

export interface FileRules {
  readonly schema: SchemaNode;
  readonly presets: Presets;
  readonly refine: Refine;
}

/** Values with all defaults; valid only if there are no problems. */
export interface ExaminedFile {
  readonly sections: Readonly<Record<string, unknown>>;
  readonly problems: readonly Problem[];
  readonly lineOf: (path: Path) => number | null;
}

/** Returns the sections without problems: those of one must not hide those of another. */
export function soundSections({ sections, problems }: ExaminedFile): readonly string[] {
  const isSound = (name: string): boolean =>
    !problems.some(({ path: [first] }) => first === undefined || first === name);
  return Object.keys(sections).filter(isSound);
}

/** Puts paths within a section under its name. */
export function inSection(name: string, problems: readonly Problem[]): readonly Problem[] {
  return problems.map(({ path, text }) => ({ path: [name, ...path], text }));
}

/** @throws AppError `invalid-configuration` if the text is not YAML */
export function examineFile(
  { schema, presets, refine }: FileRules,
  text: string,
  source: string,
): ExaminedFile {
  const { value, problems: syntax, lineOf } = parseYaml(text);
  if (syntax.length > 0) throw invalidConfiguration(source, syntax);
  // An empty file states nothing, so it needs no version.
  const stated = value === null ? HEAD : value;
  const otherKind = isObject(stated) ? faultOfKind(stated) : null;
  if (otherKind !== null) return { sections: {}, problems: [otherKind], lineOf };
  const checked = checkValue(schema, isObject(stated) ? overlay(presets(stated), stated) : stated);
  const sections = isObject(checked.value) ? checked.value : {};
  const examined = { sections, problems: checked.problems, lineOf };
  const refined = soundSections(examined).flatMap((name) => inSection(name, refine(name, sections[name])));
  return { ...examined, problems: [...checked.problems, ...refined] };
}
