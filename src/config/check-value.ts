import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { isObject, type JsonObject } from '../lib/json.ts';
import { didYouMean } from '../lib/nearest-name.ts';
import { describeType, recordValues, type SchemaNode } from './schema.ts';

export type Path = readonly (string | number)[];

export interface Problem {
  readonly path: Path;
  /** The fault, and the allowed values. */
  readonly text: string;
}

/** The current position of the walk, and what it has found so far. */
interface Place {
  readonly path: Path;
  readonly problems: Problem[];
}

/** A configuration holds no secrets by design, so a message may quote it; a long value would only hide the rest. */
const MAX_QUOTED_CHARACTERS = 60;

function below(place: Place, step: string | number): Place {
  return { path: [...place.path, step], problems: place.problems };
}

function report({ path, problems }: Place, text: string): void {
  problems.push({ path, text });
}

function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > MAX_QUOTED_CHARACTERS ? `${text.slice(0, MAX_QUOTED_CHARACTERS)}…` : text;
}

function reportValue(schema: SchemaNode, value: unknown, place: Place): void {
  const choices = schema.anyOf
    ?.map(({ const: choice }) => choice)
    .filter((choice) => typeof choice === 'string');
  const hint = typeof value === 'string' ? didYouMean(value, choices ?? []) : '';
  report(place, `found ${quote(value)}, takes ${describeType(schema)}.${hint}`);
}

/** YAML reads `policy:` with every key below commented out as null: the same as no key at all. */
function readEntries(schema: SchemaNode, value: unknown, place: Place): JsonObject | null {
  if (value === null) return {};
  if (isObject(value)) return value;
  reportValue(schema, value, place);
  return null;
}

function reportUnknownKeys(given: readonly string[], known: readonly string[], place: Place): void {
  for (const key of given.filter((name) => !known.includes(name))) {
    const hint = didYouMean(key, known) || ` Known here: ${known.join(', ')}.`;
    report(below(place, key), `there is no such key.${hint}`);
  }
}

function checkRecord(
  { propertyNames }: SchemaNode,
  values: SchemaNode,
  { entries, place }: { readonly entries: JsonObject; readonly place: Place },
): JsonObject {
  if (propertyNames?.enum !== undefined) reportUnknownKeys(Object.keys(entries), propertyNames.enum, place);
  return Object.fromEntries(
    Object.entries(entries).map(([key, entry]) => [key, check(values, entry, below(place, key))]),
  );
}

function checkObject(schema: SchemaNode, entries: JsonObject, place: Place): JsonObject {
  const properties = schema.properties ?? {};
  reportUnknownKeys(Object.keys(entries), Object.keys(properties), place);
  const checked: Record<string, unknown> = {};
  for (const [key, property] of Object.entries(properties)) {
    const given = Object.hasOwn(entries, key) ? entries[key] : structuredClone(property.default);
    if (given !== undefined) checked[key] = check(property, given, below(place, key));
    else if (schema.required?.includes(key) === true) {
      report(below(place, key), `it is missing, takes ${describeType(property)}.`);
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
  if (!Value.Check(schema as TSchema, value)) reportValue(schema, value, place);
  return value;
}

/** Checks a value against a schema and fills in defaults, in one walk that finds every problem. */
export function checkValue(
  schema: SchemaNode,
  value: unknown,
): { readonly value: unknown; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  return { value: check(schema, value, { path: [], problems }), problems };
}
