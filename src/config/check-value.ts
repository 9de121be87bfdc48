import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { isObject, type JsonObject } from '../lib/json.ts';
import { didYouMean } from '../lib/nearest-name.ts';
import { describeType, recordValues, type SchemaNode } from './schema.ts';

export type Path = readonly (string | number)[];

export interface Problem {
  readonly path: Path;
  /** What is wrong and what is allowed. */
  readonly text: string;
}

/** Where the walk is, and what it has found so far. */
interface Place {
  readonly path: Path;
  readonly problems: Problem[];
}

const DEFAULTS = {
  /** Values of a configuration are no secrets by design, yet a long one helps nobody. */
  shownCharacters: 60,
} as const;

function below(place: Place, step: string | number): Place {
  return { path: [...place.path, step], problems: place.problems };
}

function refuse({ path, problems }: Place, text: string): void {
  problems.push({ path, text });
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > DEFAULTS.shownCharacters ? `${text.slice(0, DEFAULTS.shownCharacters)}…` : text;
}

function refuseValue(schema: SchemaNode, value: unknown, place: Place): void {
  const choices = schema.anyOf
    ?.map(({ const: choice }) => choice)
    .filter((choice) => typeof choice === 'string');
  const hint = typeof value === 'string' ? didYouMean(value, choices ?? []) : '';
  refuse(place, `found ${show(value)}, takes ${describeType(schema)}.${hint}`);
}

/** `policy:` with every key below commented out is YAML's null: nothing said, as if the key were not there. */
function readEntries(schema: SchemaNode, value: unknown, place: Place): JsonObject | null {
  if (value === null) return {};
  if (isObject(value)) return value;
  refuseValue(schema, value, place);
  return null;
}

function refuseUnknownKeys(given: readonly string[], known: readonly string[], place: Place): void {
  for (const key of given.filter((name) => !known.includes(name))) {
    const hint = didYouMean(key, known) || ` Known here: ${known.join(', ')}.`;
    refuse(below(place, key), `there is no such key.${hint}`);
  }
}

function checkRecord(
  { propertyNames }: SchemaNode,
  values: SchemaNode,
  { entries, place }: { readonly entries: JsonObject; readonly place: Place },
): JsonObject {
  if (propertyNames?.enum !== undefined) refuseUnknownKeys(Object.keys(entries), propertyNames.enum, place);
  return Object.fromEntries(
    Object.entries(entries).map(([key, entry]) => [key, check(values, entry, below(place, key))]),
  );
}

function checkObject(schema: SchemaNode, entries: JsonObject, place: Place): JsonObject {
  const properties = schema.properties ?? {};
  refuseUnknownKeys(Object.keys(entries), Object.keys(properties), place);
  const checked: Record<string, unknown> = {};
  for (const [key, property] of Object.entries(properties)) {
    const given = Object.hasOwn(entries, key) ? entries[key] : structuredClone(property.default);
    if (given !== undefined) checked[key] = check(property, given, below(place, key));
    else if (schema.required?.includes(key) === true) {
      refuse(below(place, key), `it is missing, takes ${describeType(property)}.`);
    }
  }
  return checked;
}

function check(schema: SchemaNode, value: unknown, place: Place): unknown {
  const values = recordValues(schema);
  if (values !== undefined || schema.properties !== undefined) {
    const entries = readEntries(schema, value, place);
    if (entries === null) return value;
    return values === undefined
      ? checkObject(schema, entries, place)
      : checkRecord(schema, values, { entries, place });
  }
  const { items } = schema;
  if (items !== undefined && Array.isArray(value)) {
    return value.map((item, index) => check(items, item, below(place, index)));
  }
  if (!Value.Check(schema as TSchema, value)) refuseValue(schema, value, place);
  return value;
}

/** Checks a value against a schema and fills in the defaults of what is not there, in one walk that finds every problem. */
export function checkValue(
  schema: SchemaNode,
  value: unknown,
): { readonly value: unknown; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  return { value: check(schema, value, { path: [], problems }), problems };
}
