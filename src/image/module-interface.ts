/** A function, memory, table or global that a module imports from its host. */
export interface ModuleImport {
  readonly module: string;
  readonly name: string;
  /** Number of a function's parameters; null for other imports, and for a function whose type was not read. */
  readonly parameters: number | null;
}

/** The imports and exports of a core module, as far as its first bytes show. */
export interface ModuleInterface {
  /** The first 32 imports beside the functions of WASI preview 1. The module may have more. */
  readonly imports: readonly ModuleImport[];
  /** Null unless all exports were read. */
  readonly hasStart: boolean | null;
}

/** Bytes read of a file: the sections before the code take that much in modules of some megabytes. */
export const INTERFACE_BYTES = 64 * 1024;

const INTERFACE_LIMITS = {
  /** Imports kept. */
  imports: 32,
  /** Characters kept of a name: those of the known interfaces have 30. */
  nameLength: 128,
} as const;

/** wasi_snapshot_preview1.witx (WebAssembly/WASI, legacy/preview1) without `sock_accept`, which exists in two forms. */
const PREVIEW_1: ReadonlySet<string> = new Set(
  [
    'args_get args_sizes_get clock_res_get clock_time_get environ_get environ_sizes_get',
    'fd_advise fd_allocate fd_close fd_datasync fd_fdstat_get fd_fdstat_set_flags fd_fdstat_set_rights',
    'fd_filestat_get fd_filestat_set_size fd_filestat_set_times fd_pread fd_prestat_dir_name fd_prestat_get',
    'fd_pwrite fd_read fd_readdir fd_renumber fd_seek fd_sync fd_tell fd_write',
    'path_create_directory path_filestat_get path_filestat_set_times path_link path_open path_readlink',
    'path_remove_directory path_rename path_symlink path_unlink_file',
    'poll_oneoff proc_exit proc_raise random_get sched_yield sock_recv sock_send sock_shutdown',
  ].flatMap((names) => names.split(' ')),
);

/** Reads the sections of a core module up to its exports, in one pass. */
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

/** WebAssembly core specification 5.5.2. */
const SECTIONS = { custom: 0, type: 1, import: 2, export: 7, start: 8, dataCount: 12 } as const;
const PREAMBLE_BYTES = 8;
const FUNCTION_TYPE = 0x60;

function isBehindExports(id: number): boolean {
  return id >= SECTIONS.start && id <= SECTIONS.dataCount;
}

/**
 * Returns parameter counts by type index, up to the first type that is not a plain function. Only value types of one byte
 * are read; references with an index are longer.
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

/** Returns the index of a function's type; undefined for other imports, null for an unknown kind. */
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

/** Returns null if the section exceeds the bytes and the part that was read exports no `_start`. */
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

/** Reads numbers and names of the WebAssembly binary format; past the last byte, every byte is 0. */
interface ByteReader {
  readonly byte: () => number;
  /** Reads an unsigned LEB128 number. */
  readonly number: () => number;
  /** Reads a number of items that take at least one byte each; returns at most one more than there are bytes left. */
  readonly count: () => number;
  /** Reads a name and truncates it. */
  readonly text: (longest: number) => string;
  readonly position: () => number;
  /** Reports whether a read went past the last byte. */
  readonly isPast: () => boolean;
}

const decoder = new TextDecoder();

/** Bytes of the longest LEB128 number of 64 bits: ceil(64 / 7). */
const LONGEST_NUMBER = 10;

function createByteReader(bytes: Uint8Array): ByteReader {
  let at = 0;
  let isPast = false;

  function byte(): number {
    const value = bytes[at];
    if (value === undefined) isPast = true;
    else at += 1;
    return value ?? 0;
  }

  function number(): number {
    let value = 0;
    for (let index = 0; index < LONGEST_NUMBER; index += 1) {
      const next = byte();
      value += (next & 0x7f) * 2 ** (7 * index);
      if (next < 0x80) return value;
    }
    isPast = true;
    return 0;
  }

  return {
    byte,
    // One more than there can be, so that reading them all goes past the end.
    count: () => Math.min(number(), bytes.length - at + 1),
    number,
    text: (longest) => {
      const length = number();
      const name = bytes.subarray(at, at + Math.min(length, longest));
      if (length > bytes.length - at) isPast = true;
      at = Math.min(bytes.length, at + length);
      return decoder.decode(name);
    },
    position: () => at,
    isPast: () => isPast,
  };
}
