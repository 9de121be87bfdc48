import { recordValues, type SchemaNode } from './schema.ts';

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

/** What a key takes, in a few words: `enforce | warn | audit | off`, `integer from 0 to 65535`, `list of text`. */
export function describeType(schema: SchemaNode): string {
  const { const: only } = schema;
  if (only !== undefined) return typeof only === 'string' ? only : JSON.stringify(only);
  if (schema.anyOf !== undefined) return schema.anyOf.map(describeType).join(' | ');
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
