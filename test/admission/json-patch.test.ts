import jsonPatch from 'fast-json-patch';
import { expect, test } from 'vitest';
import { createPatch, encodePatch } from '../../src/admission/json-patch.ts';
import { formatPointer, leadingSegments, parsePointer } from '../../src/pod/json-pointer.ts';
import type { Change } from '../../src/policy/decision.ts';
import { readReview } from '../support/admission/reviews.ts';
import { fc } from '../support/lib/properties.ts';

function add(path: string, value: unknown): Change {
  return { op: 'add', path, value, reason: '' };
}

function apply(object: object, changes: readonly Change[]): unknown {
  const operations = structuredClone(createPatch(object, changes));
  return jsonPatch.applyPatch(structuredClone(object), operations as jsonPatch.Operation[], true).newDocument;
}

/** Applies a change directly, without a patch. */
function setDirectly(object: unknown, { path, value }: Change): void {
  const segments = parsePointer(path);
  let node = object as Record<string, unknown>;
  for (const [index, key] of segments.slice(0, -1).entries()) {
    node[key] ??= segments[index + 1] === '-' ? [] : {};
    node = node[key] as Record<string, unknown>;
  }
  const last = segments.at(-1) ?? '';
  if (last === '-') (node as unknown as unknown[]).push(structuredClone(value));
  else node[last] = structuredClone(value);
}

const LIMITS = '/spec/containers/0/resources/limits';

test.each([
  ['a field', { spec: {} }, [add('/spec/a', 1)], [{ op: 'add', path: '/spec/a', value: 1 }]],
  [
    'a missing parent is added with its child',
    { metadata: {} },
    [add('/metadata/annotations/a', '1')],
    [{ op: 'add', path: '/metadata/annotations', value: { a: '1' } }],
  ],
  [
    'later changes below a missing parent are merged into it',
    { spec: { containers: [{}] } },
    [
      add(`${LIMITS}/cpu`, '1'),
      add(`${LIMITS}/memory`, '2'),
      add('/spec/containers/0/resources/requests/cpu', '3'),
    ],
    [
      {
        op: 'add',
        path: '/spec/containers/0/resources',
        value: { limits: { cpu: '1', memory: '2' }, requests: { cpu: '3' } },
      },
    ],
  ],
  [
    'a null parent counts as missing',
    { metadata: { annotations: null } },
    [add('/metadata/annotations/a', '1')],
    [{ op: 'add', path: '/metadata/annotations', value: { a: '1' } }],
  ],
  [
    'a slash and a tilde in a key stay escaped',
    { metadata: { annotations: {} } },
    [add('/metadata/annotations/a~1b~0c', '1')],
    [{ op: 'add', path: '/metadata/annotations/a~1b~0c', value: '1' }],
  ],
  [
    'items are appended to a list',
    { spec: { tolerations: [{ key: 'x' }] } },
    [add('/spec/tolerations/-', { key: 'y' }), add('/spec/tolerations/-', { key: 'z' })],
    [
      { op: 'add', path: '/spec/tolerations/-', value: { key: 'y' } },
      { op: 'add', path: '/spec/tolerations/-', value: { key: 'z' } },
    ],
  ],
  [
    'a missing list is created once',
    { spec: {} },
    [add('/spec/tolerations/-', { key: 'y' }), add('/spec/tolerations/-', { key: 'z' })],
    [{ op: 'add', path: '/spec/tolerations', value: [{ key: 'y' }, { key: 'z' }] }],
  ],
  [
    'replacing a missing field adds it',
    { spec: {} },
    [{ ...add('/spec/a', 1), op: 'replace' as const }],
    [{ op: 'add', path: '/spec/a', value: 1 }],
  ],
  [
    'replacing an existing field replaces it',
    { spec: { a: 0 } },
    [{ ...add('/spec/a', 1), op: 'replace' as const }],
    [{ op: 'replace', path: '/spec/a', value: 1 }],
  ],
  [
    'adding at an index of a list replaces the item',
    { spec: { list: ['a', 'b'] } },
    [add('/spec/list/0', 'c')],
    [{ op: 'replace', path: '/spec/list/0', value: 'c' }],
  ],
  ['no change, no operation', { spec: {} }, [], []],
])('%s', (_case, object, changes, operations) => {
  expect(createPatch(object, changes)).toEqual(operations);
});

test.each([
  ['the whole object', ''],
  ['a field below a plain value', '/name/x'],
  ['appending to an object', '/spec/-'],
  ['a missing item', '/list/7'],
  ['a field of a missing item', '/list/7/name'],
  ['a prototype', '/spec/__proto__/polluted'],
])('%s is an invalid change', (_case, path) => {
  const object = { name: 'x', spec: {}, list: [] };
  expect(() => createPatch(object, [add(path, 1)])).toThrow(
    expect.objectContaining({ code: 'invalid-change' }),
  );
});

test('neither the object nor a shared value is modified', () => {
  const overhead = Object.freeze({ memory: '10Mi' });
  const pod = readReview('03').request.object;
  const before = structuredClone(pod);
  const changes = [
    add('/spec/overhead', overhead),
    add('/spec/overhead/cpu', '1m'),
    add('/metadata/labels/a', 'b'),
  ];
  expect(apply(pod, changes)).toMatchObject({ spec: { overhead: { memory: '10Mi', cpu: '1m' } } });
  expect(pod).toEqual(before);
});

const KEYS = ['a', 'b/c', 'd~e', '~1', 'x y', ''];
const LISTS = ['list', 'items'];

/** Generates objects with maps, lists, nulls and missing fields. The few names make changes overlap. */
const documents = fc.letrec((tie) => ({
  object: fc
    .tuple(
      fc.dictionary(fc.constantFrom(...KEYS), fc.oneof({ maxDepth: 3 }, fc.constant(null), tie('object'))),
      fc.dictionary(fc.constantFrom(...LISTS), fc.oneof(fc.constant(null), fc.array(fc.integer()))),
    )
    .map(([maps, lists]) => ({ ...maps, ...lists })),
})).object;

const values = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.constant({}),
  fc.constant({ a: { a: 1 } }),
  fc.constant(null),
);

const maps = fc.array(fc.constantFrom(...KEYS), { maxLength: 4 });

const changesOf: fc.Arbitrary<readonly Change[]> = fc.array(
  fc.oneof(
    fc
      .tuple(fc.constantFrom('add' as const, 'replace' as const), maps, fc.constantFrom(...KEYS))
      .chain(([op, parents, key]) =>
        fc.record({
          op: fc.constant(op),
          path: fc.constant(formatPointer([...parents, key])),
          value: fc.oneof(fc.constant({}), fc.constant({ a: { a: {} } }), fc.constant(null)),
          reason: fc.constant(''),
        }),
      ),
    fc
      .tuple(maps, fc.constantFrom(...LISTS), values)
      .map(([parents, list, value]) => add(formatPointer([...parents, list, '-']), value)),
  ),
  { maxLength: 8 },
);

test('applying a patch with another implementation has the same result as setting the values directly', () => {
  fc.assert(
    fc.property(documents, changesOf, (document, changes) => {
      const object = document as object;
      const expected = structuredClone(object);
      for (const change of changes) setDirectly(expected, change);
      expect(apply(object, changes)).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test('parsing a pointer returns its segments, and each prefix matches', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (segments) => {
      expect(parsePointer(formatPointer(segments))).toEqual(segments);
      for (let count = 1; count <= segments.length; count += 1) {
        expect(leadingSegments(formatPointer(segments), count)).toBe(formatPointer(segments.slice(0, count)));
      }
    }),
  );
});

test('a patch is base64 of UTF-8 JSON', () => {
  const operations = createPatch({}, [add('/a', 'Grüße 😀')]);
  expect(JSON.parse(Buffer.from(encodePatch(operations), 'base64').toString('utf8'))).toEqual(operations);
});
