import type { SchemaNode } from './schema.ts';

/** The dialect that editors know best (draft 2020-12 is read as this one by most of them). */
const DIALECT = 'http://json-schema.org/draft-07/schema#';

type Json = Readonly<Record<string, unknown>>;

function mapValues(record: Readonly<Record<string, SchemaNode>>): Json {
  return Object.fromEntries(Object.entries(record).map(([key, node]) => [key, convert(node)]));
}

function requiredOf({ required = [], properties = {} }: SchemaNode): readonly string[] {
  return required.filter((key) => properties[key]?.default === undefined);
}

/** A list of words as `enum`, which editors complete. */
function choicesOf({ anyOf }: SchemaNode): readonly unknown[] | null {
  const words = anyOf?.map(({ const: word }) => word) ?? [];
  return words.length > 0 && words.every((word) => typeof word === 'string') ? words : null;
}

/** `policy:` with nothing below it says as much as no key at all, where none is needed. */
const EMPTY_OR_MAP = ['object', 'null'];

function convert(node: SchemaNode): Json {
  const { properties, patternProperties, items, anyOf, required: _, ...rest } = node;
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

/** The file's schema for editors: what is filled in by default need not be written, as the reader sees it. */
export function createJsonSchema(schema: SchemaNode, title: string): Json {
  // What an empty file says, for all that a file with something in it needs.
  return { $schema: DIALECT, title, ...convert(schema), type: EMPTY_OR_MAP };
}
