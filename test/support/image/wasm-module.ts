/** One import: `module.name`, of a function with so many parameters. */
export type ImportSketch = readonly [module: string, name: string, parameters: number];

export interface ModuleSketch {
  readonly imports?: readonly ImportSketch[];
  /** Names of exported functions; `['_start']` by default, null for a module without an export section. */
  readonly exports?: readonly string[] | null;
  /** Size in bytes of a custom section before all others. */
  readonly leading?: number;
  /** Size in bytes of the code, after all that is read. */
  readonly code?: number;
}

function leb(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

function text(value: string): readonly number[] {
  const bytes = Buffer.from(value);
  return [...leb(bytes.length), ...bytes];
}

function section(id: number, content: Uint8Array | readonly number[]): Buffer {
  return Buffer.concat([Buffer.from([id, ...leb(content.length)]), Buffer.from(content)]);
}

/** Returns the parts of a module that wasmgate reads; no engine could run it. */
export function wasmModule(sketch: ModuleSketch = {}): Buffer {
  const { imports = [], exports = ['_start'], leading = 0, code = 16 } = sketch;
  const widths = [...new Set([0, ...imports.map(([, , parameters]) => parameters)])];
  const types = widths.flatMap((width) => [0x60, ...leb(width), ...Array<number>(width).fill(0x7f), 1, 0x7f]);
  const wanted = imports.flatMap(([module, name, parameters]) => [
    ...text(module),
    ...text(name),
    0,
    ...leb(widths.indexOf(parameters)),
  ]);
  const offered = (exports ?? []).flatMap((name) => [...text(name), 0, ...leb(imports.length)]);
  return Buffer.concat([
    Buffer.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]),
    ...(leading === 0 ? [] : [section(0, Buffer.concat([Buffer.from(text('note')), Buffer.alloc(leading)]))]),
    section(1, [...leb(widths.length), ...types]),
    section(2, [...leb(imports.length), ...wanted]),
    section(3, [1, 0]),
    ...(exports === null ? [] : [section(7, [...leb(exports.length), ...offered])]),
    section(10, Buffer.alloc(code)),
  ]);
}
