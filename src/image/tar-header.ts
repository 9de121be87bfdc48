/** A header block of a tar archive: POSIX.1-1988 ustar, with GNU's large numbers. */
export interface TarHeader {
  /** As written; a longer name comes from a preceding pax or GNU record. */
  readonly name: string;
  /** One character; `0` is an ordinary file. */
  readonly type: string;
  /** Bytes of content that follow. */
  readonly size: number;
  readonly linkName: string;
  /** True for GNU's old sparse files, whose content follows more header blocks. */
  readonly hasSparseMap: boolean;
}

export const TAR_BLOCK = 512;

/** Offsets and lengths of the fields (POSIX.1-1988, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format"). */
const FIELDS = {
  name: [0, 100],
  size: [124, 12],
  checksum: [148, 8],
  type: [156, 1],
  linkName: [157, 100],
  magic: [257, 8],
  prefix: [345, 155],
  sparseMap: [482, 1],
} as const;

const POSIX_MAGIC = 'ustar\x00';

const decoder = new TextDecoder();

function field(block: Uint8Array, [start, length]: readonly [number, number]): Uint8Array {
  return block.subarray(start, start + length);
}

/** Decodes text up to the first NUL. */
function tarText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Parses base 256 if the first bit is set, otherwise octal digits among spaces and NULs; null if invalid. */
function parseNumber(bytes: Uint8Array): number | null {
  const first = bytes[0] ?? 0;
  if ((first & 0x80) !== 0) {
    if (first !== 0x80) return null; // Negative, or larger than any file.
    const value = bytes.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
    return Number.isSafeInteger(value) ? value : null;
  }
  const digits = decoder.decode(bytes).replaceAll('\x00', ' ').trim();
  if (digits === '') return 0;
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : null;
}

/** Checks the sum of all bytes, with spaces for the sum itself. Old archives sum signed bytes. */
function isChecksumValid(block: Uint8Array): boolean {
  const stated = parseNumber(field(block, FIELDS.checksum));
  const [start, length] = FIELDS.checksum;
  let [unsigned, signed] = [0, 0];
  for (const [index, byte] of block.entries()) {
    const counted = index >= start && index < start + length ? 0x20 : byte;
    unsigned += counted;
    signed += counted < 128 ? counted : counted - 256;
  }
  return stated === unsigned || stated === signed;
}

/** @returns `end` for the block of zeros that ends an archive, null for an invalid header */
export function parseTarHeader(block: Uint8Array): TarHeader | 'end' | null {
  if (block.every((byte) => byte === 0)) return 'end';
  const size = parseNumber(field(block, FIELDS.size));
  if (size === null || !isChecksumValid(block)) return null;
  const type = tarText(field(block, FIELDS.type));
  const isPosix = decoder.decode(field(block, FIELDS.magic)).startsWith(POSIX_MAGIC);
  const prefix = isPosix ? tarText(field(block, FIELDS.prefix)) : '';
  const name = tarText(field(block, FIELDS.name));
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type: type === '' ? '0' : type,
    size,
    linkName: tarText(field(block, FIELDS.linkName)),
    hasSparseMap: type === 'S' && block[FIELDS.sparseMap[0]] === 1,
  };
}

/** Returns the bytes from the end of a content to the next block. */
export function tarPadding(size: number): number {
  return (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK;
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}

/** Writes the header of an executable file. Its time is zero, so that the same files make the same archive. */
export function createTarHeader(name: string, size: number): Uint8Array {
  const block = Buffer.alloc(TAR_BLOCK);
  block.write(name, 0, 100, 'utf8');
  block.write(octal(0o755, 8), 100, 'latin1');
  block.write(octal(0, 8) + octal(0, 8) + octal(size, 12) + octal(0, 12), 108, 'latin1');
  block.write(' '.repeat(8), 148, 'latin1');
  block.write('0', 156, 'latin1');
  block.write(`${POSIX_MAGIC}00`, 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 7)} `, 148, 'latin1');
  return block;
}

/** Fields of an entry that the records before its header set; null if they set none. */
export interface TarMetadata {
  readonly path: string | null;
  readonly linkPath: string | null;
  readonly size: number | null;
  /** True if the content starts with a map of the holes. */
  readonly isSparse: boolean;
}

export const NO_METADATA: TarMetadata = { path: null, linkPath: null, size: null, isSparse: false };

const SPACE = 0x20;
const NEWLINE = 0x0a;

/** Parses `<length> <key>=<value>\n`, where the length counts everything (POSIX.1-2001 pax); null if invalid. */
function parseRecords(bytes: Uint8Array): ReadonlyMap<string, string> | null {
  const records = new Map<string, string>();
  let at = 0;
  while (at < bytes.length && bytes[at] !== 0) {
    const space = bytes.indexOf(SPACE, at);
    const digits = space < 0 ? '' : decoder.decode(bytes.subarray(at, space));
    if (!/^\d{1,9}$/.test(digits)) return null;
    const end = at + Number(digits);
    if (end <= space || end > bytes.length || bytes[end - 1] !== NEWLINE) return null;
    const record = decoder.decode(bytes.subarray(space + 1, end - 1));
    const equals = record.indexOf('=');
    if (equals < 1) return null;
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at = end;
  }
  return records;
}

/** Applies pax records; an empty value revokes an earlier one. */
function readPax(known: TarMetadata, bytes: Uint8Array): TarMetadata | null {
  const records = parseRecords(bytes);
  if (records === null) return null;
  const text = (key: string, before: string | null): string | null => {
    const value = records.get(key);
    return value === undefined ? before : value || null;
  };
  const size = text('size', null);
  if (size !== null && !/^\d{1,15}$/.test(size)) return null;
  const isSparse = [...records.keys()].some((key) => key.startsWith('GNU.sparse.'));
  return {
    path: text('GNU.sparse.name', text('path', known.path)),
    linkPath: text('linkpath', known.linkPath),
    size: size === null ? known.size : Number(size),
    isSparse: isSparse || known.isSparse,
  };
}

/** Reports whether an entry of this type only describes the next one. */
export function isMetadata(type: string): boolean {
  return type === 'x' || type === 'L' || type === 'K';
}

/** @returns null if the record is invalid, so that the next entry's name is unknown */
export function readMetadata(known: TarMetadata, type: string, bytes: Uint8Array): TarMetadata | null {
  if (type === 'L') return { ...known, path: tarText(bytes) };
  if (type === 'K') return { ...known, linkPath: tarText(bytes) };
  return readPax(known, bytes);
}
