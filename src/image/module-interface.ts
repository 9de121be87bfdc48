import { createByteReader, type ByteReader } from './byte-reader.ts';
import { PREVIEW_1 } from './wasi-preview1.ts';

/** A function, memory, table or global that a module wants of its host. */
export interface ModuleImport {
  readonly module: string;
  readonly name: string;
  /** Of a function; null if it is none, or its type was not read. */
  readonly parameters: number | null;
}

/** What a core module wants of its host and offers it, as far as its first bytes show. */
export interface ModuleInterface {
  /** The first 32 that are no function of WASI preview 1 itself. What is not among them may be imported all the same. */
  readonly imports: readonly ModuleImport[];
  /** Null unless its exports were read to the last one. */
  readonly hasStart: boolean | null;
}

/** As many bytes of a file as are read: sections before the code take that much in modules of some megabytes. */
export const INTERFACE_BYTES = 64 * 1024;

const INTERFACE_LIMITS = {
  /** Of the imports that are remembered. */
  imports: 32,
  /** Characters of a name that are remembered: those of the known interfaces have 30. */
  nameLength: 128,
} as const;

/** WebAssembly core specification 5.5.2. */
const SECTIONS = { custom: 0, type: 1, import: 2, export: 7, start: 8, dataCount: 12 } as const;
const PREAMBLE_BYTES = 8;
const FUNCTION_TYPE = 0x60;

/**
 * Parameter counts by the index of their type, up to the first type that is no plain function: value types of one byte each
 * are read, references with an index are longer.
 */
function readTypes(reader: ByteReader): readonly number[] {
  const counts: number[] = [];
  for (let left = reader.count(); left > 0; left -= 1) {
    if (reader.byte() !== FUNCTION_TYPE) break;
    const parameters = reader.count();
    if (!skipTypes(reader, parameters) || !skipTypes(reader, reader.count())) break;
    counts.push(parameters);
  }
  return counts;
}

function skipTypes(reader: ByteReader, count: number): boolean {
  for (let left = count; left > 0; left -= 1) if (!isPlainType(reader.byte())) return false;
  return true;
}

const VALUE_TYPES: ReadonlySet<number> = new Set([0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f]);

function isPlainType(byte: number): boolean {
  return VALUE_TYPES.has(byte);
}

function skipLimits(reader: ByteReader): void {
  const hasMaximum = (reader.byte() & 1) === 1;
  reader.number();
  if (hasMaximum) reader.number();
}

/** The index of a function's type; undefined for imports of other kinds, null for a kind that is not known. */
function readKind(reader: ByteReader): number | undefined | null {
  switch (reader.byte()) {
    case 0:
      return reader.number();
    case 1:
      if (!isPlainType(reader.byte())) return null;
      skipLimits(reader);
      return undefined;
    case 2:
      skipLimits(reader);
      return undefined;
    case 3:
      if (!isPlainType(reader.byte())) return null;
      reader.byte();
      return undefined;
    case 4:
      reader.byte();
      reader.number();
      return undefined;
    default:
      return null;
  }
}

function readImports(reader: ByteReader, types: readonly number[]): readonly ModuleImport[] {
  const found: ModuleImport[] = [];
  for (let left = reader.count(); left > 0; left -= 1) {
    const module = reader.text(INTERFACE_LIMITS.nameLength);
    const name = reader.text(INTERFACE_LIMITS.nameLength);
    const type = readKind(reader);
    if (reader.isPast() || type === null) break;
    if (module === 'wasi_snapshot_preview1' && PREVIEW_1.has(name)) continue;
    if (found.length < INTERFACE_LIMITS.imports)
      found.push({ module, name, parameters: type === undefined ? null : (types[type] ?? null) });
  }
  return found;
}

/** Null if the section goes on behind the bytes, and what is there holds no `_start`. */
function readStart(reader: ByteReader): boolean | null {
  for (let left = reader.count(); left > 0; left -= 1) {
    const name = reader.text(INTERFACE_LIMITS.nameLength);
    const kind = reader.byte();
    reader.number();
    if (reader.isPast()) return null;
    if (name === '_start' && kind === 0) return true;
  }
  return reader.isPast() ? null : false;
}

/** What comes between start and data count stands behind the exports. */
function isBehindExports(id: number): boolean {
  return id >= SECTIONS.start && id <= SECTIONS.dataCount;
}

/** Reads the sections at the front of a core module's file up to its exports, once from front to back. */
export function readModuleInterface(bytes: Uint8Array): ModuleInterface {
  let types: readonly number[] = [];
  let imports: readonly ModuleImport[] = [];
  let at = PREAMBLE_BYTES;
  while (at < bytes.length) {
    const header = createByteReader(bytes.subarray(at));
    const id = header.byte();
    const length = header.number();
    if (header.isPast() || isBehindExports(id)) break;
    const start = at + header.position();
    at = start + length;
    const section = createByteReader(bytes.subarray(start, at));
    if (id === SECTIONS.type) types = readTypes(section);
    if (id === SECTIONS.import) imports = readImports(section, types);
    if (id === SECTIONS.export) return { imports, hasStart: readStart(section) };
  }
  return { imports, hasStart: null };
}
