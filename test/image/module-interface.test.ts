import { describe, expect, test } from 'vitest';
import {
  INTERFACE_BYTES,
  readModuleInterface,
  type ModuleInterface,
} from '../../src/image/module-interface.ts';
import { wasmModule, type ImportSketch, type ModuleSketch } from '../support/image/wasm-module.ts';
import { fc } from '../support/lib/properties.ts';

const P1 = 'wasi_snapshot_preview1';

function read(sketch: ModuleSketch, seen = INTERFACE_BYTES): ModuleInterface {
  const file = wasmModule(sketch);
  return readModuleInterface(file.subarray(0, seen));
}

const namesOf = ({ imports }: ModuleInterface): readonly string[] =>
  imports.map(({ module, name, parameters }) => `${module}.${name}/${parameters ?? '?'}`);

describe('imports', () => {
  test('exclude WASI preview 1, which every host offers', () => {
    expect(
      read({
        imports: [
          [P1, 'fd_write', 4],
          [P1, 'sock_send', 5],
        ],
      }),
    ).toEqual({ imports: [], hasStart: true });
  });

  test('include all others, with their parameters', () => {
    const imports: readonly ImportSketch[] = [
      [P1, 'fd_write', 4],
      [P1, 'sock_accept', 2],
      [P1, 'sock_open', 3],
      ['lunatic::process', 'spawn', 0],
    ];
    expect(namesOf(read({ imports }))).toEqual([
      `${P1}.sock_accept/2`,
      `${P1}.sock_open/3`,
      'lunatic::process.spawn/0',
    ]);
  });

  test('follow a custom section at the front', () => {
    const sketch = { imports: [['env', 'f', 1]] as const, leading: 40_000 };
    expect(read(sketch)).toEqual({ imports: [{ module: 'env', name: 'f', parameters: 1 }], hasStart: true });
    expect(read({ ...sketch, leading: 70_000 })).toEqual({ imports: [], hasStart: null });
  });

  test('are at most thirty-two, with truncated names', () => {
    const many = Array.from({ length: 500 }, (_unused, index) => ['env', `f${index}`, 0] as const);
    expect(read({ imports: many }).imports.length).toBe(32);
    const [long] = read({ imports: [['env', 'x'.repeat(5000), 0]] }).imports;
    expect(long?.name.length).toBe(128);
  });
});

describe('hasStart', () => {
  test.each<[string, ModuleSketch, number | undefined, boolean | null]>([
    ['a command', {}, undefined, true],
    ['a reactor', { exports: ['add', 'memory'] }, undefined, false],
    ['a module without exports', { exports: null }, undefined, null],
    [
      'exports that were not read to their end',
      { exports: Array.from({ length: 99 }, (_, n) => `export${n}`) },
      300,
      null,
    ],
    [
      'a start among those that were',
      { exports: ['_start', ...Array.from({ length: 99 }, (_, n) => `e${n}`)] },
      300,
      true,
    ],
    ['only the preamble of a longer file', {}, 8, null],
  ])('%s', (_case, sketch, seen, hasStart) => {
    expect(read(sketch, seen).hasStart).toBe(hasStart);
  });
});

const sketches = fc.record({
  imports: fc.array(
    fc.tuple(
      fc.constantFrom('env', P1, 'lunatic::process'),
      fc.constantFrom('f', 'fd_write', 'sock_open'),
      fc.nat(6),
    ),
    { maxLength: 40 },
  ),
  exports: fc.oneof(
    fc.constant(null),
    fc.array(fc.constantFrom('_start', 'add', 'memory'), { maxLength: 6 }),
  ),
  leading: fc.nat(300),
});

test('a part of a file shows nothing that the whole does not', () => {
  fc.assert(
    fc.property(sketches, fc.nat(1200), (sketch, seen) => {
      const whole = read(sketch);
      const part = read(sketch, seen + 8);
      expect(namesOf(whole).slice(0, part.imports.length)).toEqual(namesOf(part));
      if (part.hasStart !== null) expect(part.hasStart).toBe(whole.hasStart);
    }),
  );
});

test('reads any bytes in one pass, without an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const file = Buffer.concat([wasmModule().subarray(0, 8), bytes]);
      expect(readModuleInterface(file).imports.length).toBeLessThanOrEqual(32);
    }),
  );
  // Counts larger than the section.
  for (const id of [1, 2, 7]) {
    const file = Buffer.concat([
      wasmModule().subarray(0, 8),
      Buffer.from([id, 0x05, 0xff, 0xff, 0xff, 0xff, 0x0f]),
    ]);
    expect(readModuleInterface(file).imports).toEqual([]);
  }
});
