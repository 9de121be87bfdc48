import { describe, expect, test } from 'vitest';
import { createTarReader, type TarEntry, type TarReader } from '../../src/image/tar-reader.ts';
import { hasGnuTar, MODULE, tarOf, type Tree } from '../support/image/tar.ts';
import { fc } from '../support/lib/properties.ts';

interface Read {
  readonly entries: readonly TarEntry[];
  readonly state: ReturnType<TarReader['state']>;
}

function readInPieces(archive: Uint8Array, length: number): Read {
  const reader = createTarReader();
  const entries: TarEntry[] = [];
  for (let at = 0; at < archive.length; at += length) {
    entries.push(...reader.push(archive.subarray(at, at + length)));
  }
  const pending = reader.pending();
  if (pending !== null) entries.push(pending);
  return { entries, state: reader.state() };
}

function read(archive: Uint8Array): Read {
  return readInPieces(archive, archive.length);
}

/** `file a/b 5`, `symlink a -> b`. */
function lines({ entries }: Read): readonly string[] {
  return entries.map(({ kind, path, target, size }) =>
    target === '' ? `${kind} ${path} ${size}` : `${kind} ${path} -> ${target}`,
  );
}

const LONG = `${'directory/'.repeat(12)}${'n'.repeat(120)}.wasm`;

describe.skipIf(!hasGnuTar)('archives of GNU tar', () => {
  const tree: Tree = {
    'app.wasm': MODULE,
    empty: '',
    'bin/': '',
    'bin/tool': 'x'.repeat(512),
    'bin/other': 'x'.repeat(513),
    current: { link: 'bin/tool' },
    twin: { same: 'app.wasm' },
    'ümläut/文件': 'text',
  };

  test.each(['gnu', 'oldgnu', 'pax', 'ustar', 'v7'])(
    '%s: reads every kind of entry, to the end',
    (format) => {
      const found = read(tarOf(tree, `--format=${format}`));
      expect(lines(found)).toEqual([
        'file app.wasm 8',
        'file empty 0',
        'directory bin/ 0',
        'file bin/tool 512',
        'file bin/other 513',
        'symlink current -> bin/tool',
        'hardlink twin -> app.wasm',
        'file ümläut/文件 4',
      ]);
      expect(found.state).toBe('end');
      expect(found.entries[0]?.head).toEqual(new Uint8Array(MODULE));
      expect(Buffer.from(found.entries[3]?.head ?? []).toString()).toBe('xxxxxxxx');
    },
  );

  test.each(['gnu', 'pax'])('%s: reads names and targets that exceed a header', (format) => {
    const found = read(tarOf({ [LONG]: MODULE, near: { link: LONG }, last: 'x' }, `--format=${format}`));
    expect(lines(found)).toEqual([`file ${LONG} 8`, `symlink near -> ${LONG}`, 'file last 1']);
  });

  test('ustar: reads a name in two parts', () => {
    const path = `${'d'.repeat(90)}/${'n'.repeat(90)}`;
    expect(lines(read(tarOf({ [path]: 'x' }, '--format=ustar')))).toEqual([`file ${path} 1`]);
  });

  test.each(['gnu', 'pax'])('%s: lists a sparse file without its first bytes', (format) => {
    const archive = tarOf({ 'a.img': { holes: 1_000_000 }, after: MODULE }, '--sparse', `--format=${format}`);
    expect(archive.length).toBeLessThan(200_000);
    const found = read(archive);
    expect(found.entries.map(({ path }) => path)).toEqual(['a.img', 'after']);
    expect(found.entries.map(({ head }) => head.length)).toEqual([0, 8]);
    expect(found.state).toBe('end');
  });

  test('ignores a global pax record', () => {
    const archive = tarOf({ a: 'x' }, '--format=pax', '--pax-option=globexthdr.name=g,comment=hello');
    expect(lines(read(archive))).toEqual(['file a 1']);
  });

  test('reads the same in pieces of any length', () => {
    const archive = tarOf({ ...tree, [LONG]: 'long' }, '--format=pax');
    const whole = read(archive);
    for (const length of [1, 3, 511, 512, 513, 10_000]) expect(readInPieces(archive, length)).toEqual(whole);
  });

  test('a truncated archive shows its entries, and no end', () => {
    const archive = tarOf({ 'app.wasm': Buffer.concat([MODULE, Buffer.alloc(100_000)]), next: 'x' });
    const found = read(archive.subarray(0, 2000));
    expect(lines(found)).toEqual(['file app.wasm 100008']);
    expect(found.state).toBe('reading');
  });

  test('detects a changed byte of a header by its checksum', () => {
    const archive = Buffer.from(tarOf({ first: 'x', second: 'y' }));
    archive[1024] = (archive[1024] ?? 0) ^ 1;
    const found = read(archive);
    expect(lines(found)).toEqual(['file first 1']);
    expect(found.state).toBe('broken');
  });

  test('reads a size in base 256, and rejects an impossible one', () => {
    const [header] = [Buffer.from(tarOf({ big: 'x' }, '--format=gnu')).subarray(0, 512)];
    const resize = (size: readonly number[]): Buffer => {
      const changed = Buffer.from(header);
      changed.set(size, 124);
      changed.fill(' ', 148, 156);
      const sum = changed.reduce((total, byte) => total + byte, 0);
      changed.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
      return changed;
    };
    const nineGiB = resize([0x80, 0, 0, 0, 0, 0, 0, 2, 0x40, 0, 0, 0]);
    expect(lines(read(Buffer.concat([nineGiB, MODULE])))).toEqual(['file big 9663676416']);
    expect(read(resize([0x80, ...Array<number>(11).fill(0xff)])).state).toBe('broken');
    expect(read(resize([0xff, ...Array<number>(11).fill(0xff)])).state).toBe('broken');
  });

  test('reads a changed archive without an error', () => {
    const archive = tarOf({ ...tree, [LONG]: 'long' }, '--format=pax');
    const change = fc.integer({ min: 0, max: archive.length - 1 });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), fc.integer({ min: 0, max: 255 }), (places, byte) => {
        const changed = Buffer.from(archive);
        for (const place of places) changed[place] = byte;
        const found = readInPieces(changed, 700);
        expect(found.entries.length).toBeLessThan(archive.length / 512);
      }),
    );
  });
});

test('a file that is no archive is broken at its first block', () => {
  expect(read(Buffer.alloc(512, 'no tar at all '))).toEqual({ entries: [], state: 'broken' });
  expect(read(Buffer.alloc(1024))).toEqual({ entries: [], state: 'end' });
  expect(read(Buffer.alloc(100, 'short'))).toEqual({ entries: [], state: 'reading' });
});

test('reads any bytes in any pieces, without an error', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 1500 }), { maxLength: 5 }), (pieces) => {
      const reader = createTarReader();
      for (const piece of pieces) expect(reader.push(piece)).toEqual([]);
      expect(['reading', 'end', 'broken']).toContain(reader.state());
    }),
  );
});
