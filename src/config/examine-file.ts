import { isObject, type JsonObject, property } from '../lib/json.ts';
import type { SettingRule } from '../lib/setting-rule.ts';
import { applyRules } from './apply-rules.ts';
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

export interface FileRules {
  readonly schema: SchemaNode;
  readonly presets: Presets;
  /** By section. */
  readonly rules: Readonly<Record<string, readonly SettingRule[] | undefined>>;
}

/** Values with all defaults; valid only if there are no problems. */
export interface ExaminedFile {
  readonly sections: Readonly<Record<string, unknown>>;
  readonly problems: readonly Problem[];
  /** Values that wasmgate accepts, but that can never do what they say. */
  readonly vain: readonly Problem[];
  readonly notes: readonly Problem[];
  readonly lineOf: (path: Path) => number | null;
}

/**
 * Returns the sections, each with the defaults of the keys that have problems, so that the other keys can be used. A section that
 * is no map is left out.
 */
export function soundSections(
  { sections, problems }: ExaminedFile,
  { properties: schemas = {} }: SchemaNode,
): ReadonlyMap<string, JsonObject> {
  const sound = new Map<string, JsonObject>();
  for (const [name, section] of Object.entries(sections)) {
    const faulty = problems.filter(({ path: [first] }) => first === undefined || first === name);
    if (!isObject(section) || faulty.some(({ path }) => path.length < 2)) continue;
    const keys = new Set(faulty.map(({ path: [, key] }) => key));
    const defaults = Object.entries(schemas[name]?.properties ?? {}).map(([key, schema]) => [
      key,
      schema.default,
    ]);
    const kept = Object.entries(section).filter(([key]) => !keys.has(key));
    const entries = [...defaults.filter(([, value]) => value !== undefined), ...kept];
    sound.set(name, structuredClone(Object.fromEntries(entries) as JsonObject));
  }
  return sound;
}

/** Puts paths within a section under its name. */
export function inSection(name: string, problems: readonly Problem[]): readonly Problem[] {
  return problems.map(({ path, text }) => ({ path: [name, ...path], text }));
}

/** Returns the problems of a section, with paths within it. */
function problemsIn(section: string, problems: readonly Problem[]): readonly Problem[] {
  return problems
    .filter(({ path: [first] }) => first === undefined || first === section)
    .map(({ path: [, ...path], text }) => ({ path, text }));
}

/** @throws AppError `invalid-configuration` if the text is not YAML */
export function examineFile(
  { schema, presets, rules }: FileRules,
  text: string,
  source: string,
): ExaminedFile {
  const { value, problems: syntax, lineOf } = parseYaml(text);
  if (syntax.length > 0) throw invalidConfiguration(source, syntax);
  // An empty file states nothing, so it needs no version.
  const stated = value === null ? HEAD : value;
  const otherKind = isObject(stated) ? faultOfKind(stated) : null;
  if (otherKind !== null) return { sections: {}, problems: [otherKind], vain: [], notes: [], lineOf };
  const checked = checkValue(schema, isObject(stated) ? overlay(presets(stated), stated) : stated);
  const sections = isObject(checked.value) ? checked.value : {};
  const found = Object.entries(sections).map(([name, section]) => {
    const faults = applyRules(rules[name] ?? [], section, problemsIn(name, checked.problems));
    return {
      fatal: inSection(name, faults.fatal),
      vain: inSection(name, faults.vain),
      note: inSection(name, faults.note),
    };
  });
  return {
    sections,
    problems: [...checked.problems, ...found.flatMap(({ fatal }) => fatal)],
    vain: found.flatMap(({ vain }) => vain),
    notes: found.flatMap(({ note }) => note),
    lineOf,
  };
}
