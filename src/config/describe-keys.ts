import { describeType } from './describe-type.ts';
import { recordValues, type SchemaNode } from './schema.ts';

/** One key of the file, for help and for the reference. */
export interface KeyDescription {
  /** `policy.resources.tier`; `<name>` stands for a key that the operator chooses, `[]` for each item of a list. */
  readonly path: string;
  readonly type: string;
  /** As YAML's flow style writes it; null where there is none. */
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

/** Every key below a schema, in the order they are written; an object is described by its own keys. */
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
