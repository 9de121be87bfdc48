import type { SchemaNode } from '../../../src/config/schema.ts';
import { fc } from '../lib/properties.ts';

/** A schema for editors, where alternatives of words are an `enum`. */
type EditorNode = SchemaNode & { readonly enum?: readonly unknown[]; readonly type?: unknown };

/** The reader would reject nearly every file with all keys, because of one of them. */
const MOST_KEYS = 4;

/** Typical values of a wrong type. */
const ODD: fc.Arbitrary<unknown> = fc.constantFrom<unknown>(
  null,
  '',
  'x',
  'on',
  '1',
  true,
  0,
  -1,
  1.5,
  1e9,
  [],
  [null],
  ['x'],
  {},
  { x: 1 },
);

function texts({ pattern }: EditorNode): fc.Arbitrary<string> {
  const usual = fc.constantFrom('', 'a', 'a.test', 'a.test:5000', '10m', '100Mi', 'a/b', 'https://a.test');
  return pattern === undefined ? usual : fc.oneof(usual, fc.string({ maxLength: 4 }));
}

function numbers({ minimum = -2, maximum = 1e6 }: EditorNode): fc.Arbitrary<number> {
  return fc.oneof(fc.integer({ min: minimum - 1, max: maximum + 1 }), fc.constantFrom(minimum, maximum));
}

/** A few keys with the required ones; now and then without those, or with an unknown one. */
function maps({ properties = {}, required = [] }: EditorNode): fc.Arbitrary<unknown> {
  const names = Object.keys(properties);
  const chosen = fc.subarray(names, { maxLength: Math.min(MOST_KEYS, names.length) });
  const rarely = fc.integer({ min: 0, max: 60 }).map((dice) => dice === 0);
  return fc.tuple(chosen, rarely, rarely).chain(([keys, lacks, strays]) => {
    const all = new Set([...keys, ...(lacks ? [] : required)]);
    const entries = [...all].map((key) => [key, nearValues(properties[key] ?? {})]);
    const stray = strays ? { kye: fc.constant(1) } : {};
    return fc.record({ ...Object.fromEntries(entries), ...stray } as Record<string, fc.Arbitrary<unknown>>);
  });
}

function records({ patternProperties = {} }: EditorNode): fc.Arbitrary<unknown> {
  const [values = {}] = Object.values(patternProperties);
  const names = fc.constantFrom('a', 'b.test', 'a b');
  return fc.dictionary(names, nearValues(values), { maxKeys: 3 });
}

function valuesOf(node: EditorNode): fc.Arbitrary<unknown> {
  const { type } = node;
  if (node.const !== undefined) return fc.constant(node.const);
  if (node.enum !== undefined) return fc.constantFrom(...node.enum);
  if (node.anyOf !== undefined) return fc.oneof(...node.anyOf.map(nearValues));
  if (node.properties !== undefined) return maps(node);
  if (node.patternProperties !== undefined) return records(node);
  if (node.items !== undefined) return fc.array(nearValues(node.items), { maxLength: 3 });
  if (type === 'boolean') return fc.boolean();
  if (type === 'integer' || type === 'number') return numbers(node);
  return type === 'string' ? texts(node) : ODD;
}

/** Values that a schema mostly accepts, and some that it does not, at any depth. */
export function nearValues(node: EditorNode): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 80, arbitrary: valuesOf(node) }, { weight: 1, arbitrary: ODD });
}
