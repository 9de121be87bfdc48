import type { TSchema } from 'typebox';

/**
 * The few JSON Schema keywords that settings use, as one shape. A schema made with typebox is plain data; its own types say
 * more than a walk over any schema can use.
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
  /** What the pattern stands for, in the words of a message. */
  readonly title?: string;
  readonly default?: unknown;
  readonly description?: string;
}

export function schemaNode(schema: TSchema): SchemaNode {
  return schema;
}

/** The schema of every value of a record; undefined where the schema is none. */
export function recordValues(schema: SchemaNode): SchemaNode | undefined {
  return schema.patternProperties === undefined ? undefined : Object.values(schema.patternProperties)[0];
}
