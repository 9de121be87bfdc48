import { recordValues, type SchemaNode } from './schema.ts';

/** The dialect that editors support best; most read draft 2020-12 as this one. */
const DIALECT = 'http://json-schema.org/draft-07/schema#';

type Json = Readonly<Record<string, unknown>>;

function mapValues(record: Readonly<Record<string, SchemaNode>>): Json {
  return Object.fromEntries(Object.entries(record).map(([key, node]) => [key, convert(node)]));
}

function requiredOf({ required = [], properties = {} }: SchemaNode): readonly string[] {
  return required.filter((key) => properties[key]?.default === undefined);
}

/** Returns alternatives of words for an `enum`, which editors complete. */
function choicesOf({ anyOf }: SchemaNode): readonly unknown[] | null {
  const words = anyOf?.map(({ const: word }) => word) ?? [];
  return words.length > 0 && words.every((word) => typeof word === 'string') ? words : null;
}

/** Returns a record with a closed set of names as a map with these keys, which editors complete and validators name. */
function closeRecord(node: SchemaNode): SchemaNode & { readonly additionalProperties?: false } {
  const { propertyNames, patternProperties: _, ...rest } = node;
  const values = recordValues(node);
  if (propertyNames?.enum === undefined || values === undefined) return node;
  const keys = propertyNames.enum.map((name) => [name, values]);
  return { ...rest, properties: Object.fromEntries(keys), additionalProperties: false };
}

/** `policy:` with nothing below it equals no key at all, if none is required. */
const EMPTY_OR_MAP = ['object', 'null'];

function convert(node: SchemaNode): Json {
  const { properties, patternProperties, items, anyOf, required: _, ...rest } = closeRecord(node);
  const choices = choicesOf(node);
  const needed = requiredOf(node);
  const isMap = properties !== undefined || patternProperties !== undefined;
  return {
    ...rest,
    ...(isMap && needed.length === 0 ? { type: EMPTY_OR_MAP } : {}),
    ...(properties === undefined ? {} : { properties: mapValues(properties) }),
    ...(patternProperties === undefined ? {} : { patternProperties: mapValues(patternProperties) }),
    ...(items === undefined ? {} : { items: convert(items) }),
    ...(choices === null ? {} : { enum: choices }),
    ...(choices === null && anyOf !== undefined ? { anyOf: anyOf.map(convert) } : {}),
    ...(needed.length === 0 ? {} : { required: needed }),
  };
}

/** Returns the file's schema for editors. As for the reader, keys with defaults are optional. */
export function createJsonSchema(schema: SchemaNode, title: string): Json {
  // An empty file is valid, although any other one requires keys.
  return { $schema: DIALECT, title, ...convert(schema), type: EMPTY_OR_MAP };
}
