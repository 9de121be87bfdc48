import type { TSchema } from 'typebox';

/**
 * The few JSON Schema keywords that settings use, as one type. A typebox schema is plain data; its own types say more than a walk
 * over any schema can use.
 */
export interface SchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
  readonly propertyNames?: { readonly enum?: readonly string[] };
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  /** Describes the pattern in messages. */
  readonly title?: string;
  readonly default?: unknown;
  readonly description?: string;
}

export function schemaNode(schema: TSchema): SchemaNode {
  return schema;
}

/** Returns the schema of a record's values; undefined if the schema is not a record. */
export function recordValues(schema: SchemaNode): SchemaNode | undefined {
  return schema.patternProperties === undefined ? undefined : Object.values(schema.patternProperties)[0];
}

function describeNumber(noun: string, { minimum, maximum }: SchemaNode): string {
  if (minimum !== undefined && maximum !== undefined) return `${noun} from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `${noun} of at least ${minimum}`;
  return maximum === undefined ? noun : `${noun} of at most ${maximum}`;
}

function describeString({ minLength, pattern, title }: SchemaNode): string {
  if (title !== undefined) return title;
  if (pattern !== undefined) return `text like ${pattern}`;
  return minLength === undefined || minLength === 0 ? 'text' : 'non-empty text';
}

/** Describes what a key takes: `enforce | warn | audit | off`, `integer from 0 to 65535`, `list of text`. */
export function describeType(schema: SchemaNode): string {
  const { const: only } = schema;
  if (only !== undefined) return typeof only === 'string' ? only : JSON.stringify(only);
  if (schema.anyOf !== undefined) return schema.title ?? schema.anyOf.map(describeType).join(' | ');
  const values = recordValues(schema);
  if (values !== undefined) return `map of names to ${describeType(values)}`;
  switch (schema.type) {
    case 'array':
      return schema.items === undefined ? 'list' : `list of ${describeType(schema.items)}`;
    case 'object':
      return schema.properties === undefined ? 'map' : `{${Object.keys(schema.properties).join(', ')}}`;
    case 'string':
      return describeString(schema);
    case 'boolean':
      return 'true | false';
    case 'integer':
    case 'number':
      return describeNumber(schema.type, schema);
    case undefined:
    default:
      return schema.type ?? 'anything';
  }
}

/** One key of the file, for help and for the reference. */
export interface KeyDescription {
  /** Such as `policy.resources.tier`; `<name>` stands for a key that the operator chooses, `[]` for each item of a list. */
  readonly path: string;
  readonly type: string;
  /** In YAML's flow style; null if there is none. */
  readonly default: string | null;
  readonly description: string;
}

function describeKey(schema: SchemaNode, path: string): KeyDescription {
  return {
    path,
    type: describeType(schema),
    default: schema.default === undefined ? null : JSON.stringify(schema.default),
    description: schema.description ?? '',
  };
}

/** Describes every key below a schema, in order; the keys of an object describe it. */
export function describeKeys(schema: SchemaNode, path: string): readonly KeyDescription[] {
  if (schema.properties !== undefined) {
    const own = schema.description === undefined ? [] : [describeKey(schema, path)];
    const keys = Object.entries(schema.properties);
    return [...own, ...keys.flatMap(([name, property]) => describeKeys(property, `${path}.${name}`))];
  }
  const values = recordValues(schema);
  if (values?.properties !== undefined) {
    return [{ ...describeKey(schema, path), type: 'map' }, ...describeKeys(values, `${path}.<name>`)];
  }
  return [describeKey(schema, path)];
}
