import { describe, expect, test } from 'vitest';
import { createListing, findFile, type LayerListing, type Sighting } from '../../src/image/layer-listing.ts';
import { createTarReader, type TarEntry } from '../../src/image/tar-reader.ts';
import { ELF, hasGnuTar, MODULE, tarOf } from '../support/image/tar.ts';
import { fc } from '../support/lib/properties.ts';

type Sketch = Readonly<Record<string, 'elf' | 'module' | 'directory' | `-> ${string}` | `= ${string}`>>;

function entryOf(path: string, what: Sketch[string]): TarEntry {
  const base = { path, target: '', size: 0, head: new Uint8Array() };
  if (what === 'directory') return { ...base, kind: 'directory' };
  if (what.startsWith('-> ')) return { ...base, kind: 'symlink', target: what.slice(3) };
  if (what.startsWith('= ')) return { ...base, kind: 'hardlink', target: what.slice(2) };
  return { ...base, kind: 'file', head: what === 'elf' ? ELF : MODULE };
}

function layer(sketch: Sketch, extent: LayerListing['extent'] = 'whole'): LayerListing {
  const builder = createListing();
  for (const [path, what] of Object.entries(sketch)) builder.add(entryOf(path, what));
  return builder.listing(extent);
}

/** Builds layers, topmost first. */
function find(path: string, ...layers: readonly LayerListing[]): Sighting {
  return findFile({ layers, isComplete: true }, path).sighting;
}

describe('findFile', () => {
  test.each<[string, string, readonly Sketch[], Sighting]>([
    ['a file', '/app', [{ app: 'module' }], 'module'],
    ['a file written with a dot', '/app', [{ './app': 'module' }], 'module'],
    ['a file below', '/app', [{}, { app: 'elf' }], 'elf'],
    ['the upper one of two', '/app', [{ app: 'module' }, { app: 'elf' }], 'module'],
    ['nothing', '/app', [{ other: 'elf' }], 'absent'],
    ['a directory, which cannot be started', '/app', [{ 'app/': 'directory' }], 'absent'],
    ['a removed file', '/bin/app', [{ 'bin/.wh.app': 'elf' }, { 'bin/app': 'elf' }], 'absent'],
    ['a file in a removed directory', '/a/b/c', [{ '.wh.a': 'elf' }, { 'a/b/c': 'elf' }], 'absent'],
    [
      'a file removed and made again',
      '/app',
      [{ '.wh.app': 'elf', app: 'module' }, { app: 'elf' }],
      'module',
    ],
    ['a file in an emptied directory', '/a/b/c', [{ 'a/.wh..wh..opq': 'elf' }, { 'a/b/c': 'elf' }], 'absent'],
    [
      'a new file in an emptied directory',
      '/a/c',
      [{ 'a/.wh..wh..opq': 'elf', 'a/c': 'module' }, {}],
      'module',
    ],
    ['a file beside an emptied directory', '/b', [{ 'a/.wh..wh..opq': 'elf' }, { b: 'elf' }], 'elf'],
    ['anything under an emptied root', '/b', [{ '.wh..wh..opq': 'elf' }, { b: 'elf' }], 'absent'],
    ['a whiteout of nothing', '/b', [{ '.wh.': 'elf', 'a/.wh...': 'elf' }, { b: 'elf' }], 'elf'],
    ['a link', '/app', [{ app: '-> /bin/app.wasm', 'bin/app.wasm': 'module' }], 'module'],
    ['a relative link', '/bin/app', [{ 'bin/app': '-> ../lib/x', 'lib/x': 'module' }], 'module'],
    ['a link to a lower layer', '/app', [{ app: '-> x' }, { x: 'elf' }], 'elf'],
    ['a link to an upper layer', '/app', [{ x: 'module' }, { app: '-> x', x: 'elf' }], 'module'],
    ['a directory that is a link', '/bin/sh', [{ 'usr/bin/sh': 'module' }, { bin: '-> usr/bin' }], 'module'],
    ['a link to a link', '/a', [{ a: '-> b', b: '-> c', c: 'elf' }], 'elf'],
    ['a link to nothing', '/a', [{ a: '-> b' }], 'absent'],
    ['a link out of the root', '/a', [{ a: '-> ../../../b', b: 'elf' }], 'elf'],
    ['a link to itself', '/a', [{ a: '-> a' }], 'hidden'],
    ['a loop of links', '/a', [{ a: '-> b/x', b: '-> a' }], 'hidden'],
    ['a hard link', '/twin', [{ app: 'module', twin: '= app' }], 'module'],
    ['a hard link to nothing', '/twin', [{ twin: '= app' }], 'other'],
    ['a file where a directory should be', '/a/b', [{ a: 'elf' }, { 'a/b': 'elf' }], 'absent'],
  ])('%s', (_case, path, sketches, expected) => {
    expect(find(path, ...sketches.map((sketch) => layer(sketch)))).toBe(expected);
  });

  test('a file in the read part of a layer is found; any other may be hidden', () => {
    const cut = layer({ app: 'elf' }, 'cut');
    expect(find('/app', cut)).toBe('elf');
    expect(find('/other', cut)).toBe('hidden');
    expect(find('/other', cut, layer({ other: 'module' }))).toBe('hidden');
  });

  test('a lenient search accepts a file of a lower layer', () => {
    const layers = [layer({}, 'cut'), layer({ 'spin.toml': 'elf' })];
    expect(findFile({ layers, isComplete: true, isLenient: true }, '/spin.toml').sighting).toBe('elf');
    expect(findFile({ layers, isComplete: true, isLenient: true }, '/other').sighting).toBe('hidden');
    expect(findFile({ layers, isComplete: false, isLenient: true }, '/other').sighting).toBe('open');
  });

  test('a search of unread layers is open', () => {
    expect(find('/app', layer({}, 'partial'), layer({ app: 'elf' }))).toBe('open');
    expect(findFile({ layers: [layer({})], isComplete: false }, '/app').sighting).toBe('open');
    expect(findFile({ layers: [], isComplete: false }, '/app').sighting).toBe('open');
  });

  test('ends for any layers', () => {
    const name = fc.constantFrom('a', 'b', 'a/b', '.wh.a', 'a/.wh..wh..opq', 'b/a', 'a/../b', '/');
    const what = fc.constantFrom<Sketch[string]>(
      'elf',
      'directory',
      '-> a',
      '-> ../b',
      '-> a/b',
      '= b',
      '-> /',
    );
    const entry = fc.record({ name, what });
    const anyName = fc.array(fc.string(), { maxLength: 3 }).map((parts) => `/${parts.join('/')}`);
    fc.assert(
      fc.property(
        fc.array(fc.array(entry, { maxLength: 6 }), { maxLength: 4 }),
        anyName,
        (sketches, other) => {
          const layers = sketches.map((entries) => {
            const builder = createListing();
            for (const { name: path, what: node } of entries) builder.add(entryOf(path, node));
            return builder.listing('whole');
          });
          for (const path of ['/a', '/b', '/a/b', other]) {
            expect(['elf', 'other', 'absent', 'hidden']).toContain(find(path, ...layers));
          }
        },
      ),
    );
  });
});

test.skipIf(!hasGnuTar)('a layer of GNU tar', () => {
  const archive = tarOf({
    'lib/': '',
    'lib/app.wasm': MODULE,
    app: { link: 'lib/app.wasm' },
    sh: { same: 'lib/app.wasm' },
  });
  const builder = createListing();
  for (const entry of createTarReader().push(archive)) builder.add(entry);
  const listing = builder.listing('whole');
  expect(['/app', '/sh', '/lib/app.wasm', '/lib'].map((path) => find(path, listing))).toEqual([
    'module',
    'module',
    'module',
    'absent',
  ]);
});

/** Each directory on the path is looked up in each layer, whenever more of it arrives: 2,048 took milliseconds. */
describe('a path of many directories', () => {
  const deep = (folders: number): string => `${'/a'.repeat(folders)}/app`;

  test('is found at a realistic depth', () => {
    expect(find(deep(64), layer({ [deep(64)]: 'elf' }))).toBe('elf');
  });

  test('is hidden beyond, directly and behind a link', () => {
    expect(find(deep(65), layer({ [deep(65)]: 'elf' }))).toBe('hidden');
    expect(find('/app', layer({ app: `-> ${deep(65)}`, [deep(65)]: 'elf' }))).toBe('hidden');
  });
});
