import { sniffFile, SNIFFED_BYTES } from './file-kind.ts';
import { INTERFACE_BYTES } from './module-interface.ts';
import { LONGEST_PATH } from './resolve-path.ts';
import {
  parseTarHeader,
  TAR_BLOCK,
  type TarHeader,
  isMetadata,
  NO_METADATA,
  readMetadata,
  tarPadding,
  type TarMetadata,
} from './tar-header.ts';

export interface TarEntry {
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink' | 'other';
  /** As written in the archive, long names included. */
  readonly path: string;
  /** Target of a link as written; '' for other entries. */
  readonly target: string;
  readonly size: number;
  /** First bytes of a file, more of a Wasm module; empty for other entries and sparse files. */
  readonly head: Uint8Array;
}

/** Reads an archive in pieces of any length, and keeps only one header and one record. */
export interface TarReader {
  /** Returns the entries that this piece completes. */
  readonly push: (chunk: Uint8Array) => readonly TarEntry[];
  /**
   * Returns what comes next, for a reader that can seek: bytes to leave out, which this call skips, and bytes to push after
   * them. An entry's head ends where the reader stood when its entry was returned.
   */
  readonly seek: () => { readonly skip: number; readonly need: number };
  /** `end`: the last block was read · `broken`: the rest is no tar archive. No more entries follow either. */
  readonly state: () => 'reading' | 'end' | 'broken';
  /** Returns the file whose first bytes are incomplete, for an archive that is cut within them. */
  readonly pending: () => TarEntry | null;
}

/** Bytes of pax and GNU records: a path has at most 4 KiB (Linux PATH_MAX), extended attributes have 64 KiB together. */
const MAX_RECORD_BYTES = 128 * 1024;

/** A step collects a number of bytes, then decides on the next one. */
interface Step {
  readonly need: number;
  readonly take: (bytes: Uint8Array) => Advance;
  /** Returns the entry if the archive ends within these bytes. */
  readonly cut?: (bytes: Uint8Array) => TarEntry | null;
}

interface Move {
  readonly entry: TarEntry | null;
  /** Bytes to skip. */
  readonly skip: number;
  readonly next: Step;
}

type Advance = Move | 'end' | 'broken';

const KINDS: Readonly<Record<string, TarEntry['kind']>> = {
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'directory',
  '7': 'file',
  S: 'file',
};

/** Links, devices, directories and pipes have no content, whatever their size field says (Go's archive/tar, as on nodes). */
const WITHOUT_CONTENT = /^[1-6]$/;

const EMPTY = new Uint8Array();

function headerStep(metadata: TarMetadata): Step {
  return { need: TAR_BLOCK, take: (block) => afterHeader(parseTarHeader(block), metadata) };
}

function move(next: Step, skip: number, entry: TarEntry | null = null): Move {
  return { entry, skip, next };
}

function kindOf(type: string, path: string): TarEntry['kind'] {
  if (type === '0' && path.endsWith('/')) return 'directory';
  return KINDS[type] ?? 'other';
}

/** Reads the entry itself, with its first bytes. */
function afterNames(header: TarHeader, metadata: TarMetadata): Move {
  const size = WITHOUT_CONTENT.test(header.type) ? 0 : (metadata.size ?? header.size);
  const path = metadata.path ?? header.name;
  const kind = kindOf(header.type, path);
  const target = metadata.linkPath ?? header.linkName;
  const isSparse = metadata.isSparse || header.type === 'S';
  const need = kind === 'file' && !isSparse ? Math.min(size, SNIFFED_BYTES) : 0;
  const skip = size - need + tarPadding(size);
  const isNamed = path !== '' && path.length <= LONGEST_PATH && target.length <= LONGEST_PATH;
  const entry = (head: Uint8Array): TarEntry | null =>
    isNamed ? { kind, path, target: kind.endsWith('link') ? target : '', size, head } : null;
  if (need === 0) return move(headerStep(NO_METADATA), skip, entry(EMPTY));
  return move({ need, take: (head) => afterSniff(head.slice(), { size, entry }) }, 0);
}

interface File {
  readonly size: number;
  readonly entry: (head: Uint8Array) => TarEntry | null;
}

/** Reads more of a module, for its sections. */
function afterSniff(head: Uint8Array, { size, entry }: File): Move {
  const wanted = sniffFile(head) === 'module' ? Math.min(size, INTERFACE_BYTES) : head.length;
  const skip = size - wanted + tarPadding(size);
  const ends = (bytes: Uint8Array): Move => move(headerStep(NO_METADATA), skip, entry(bytes));
  if (wanted === head.length) return ends(head);
  const joined = (rest: Uint8Array): Uint8Array => concat(head, rest);
  return move(
    {
      need: wanted - head.length,
      take: (rest) => ends(joined(rest)),
      cut: (rest) => entry(joined(rest)),
    },
    0,
  );
}

function concat(head: Uint8Array, rest: Uint8Array): Uint8Array {
  const joined = new Uint8Array(head.length + rest.length);
  joined.set(head);
  joined.set(rest, head.length);
  return joined;
}

/** Offset of the flag that another block of the sparse map follows. */
const MORE_MAP = 504;

function sparseMapStep(header: TarHeader, metadata: TarMetadata): Step {
  return {
    need: TAR_BLOCK,
    take: (block) =>
      block[MORE_MAP] === 1 ? move(sparseMapStep(header, metadata), 0) : afterNames(header, metadata),
  };
}

function afterHeader(header: TarHeader | 'end' | null, metadata: TarMetadata): Advance {
  if (header === null) return 'broken';
  if (header === 'end') return 'end';
  const { type, size } = header;
  if (type === 'g') return move(headerStep(metadata), size + tarPadding(size));
  if (!isMetadata(type))
    return header.hasSparseMap ? move(sparseMapStep(header, metadata), 0) : afterNames(header, metadata);
  if (size > MAX_RECORD_BYTES) return 'broken';
  const take = (bytes: Uint8Array): Advance => {
    const read = readMetadata(metadata, type, bytes);
    return read === null ? 'broken' : move(headerStep(read), tarPadding(size));
  };
  return size === 0 ? take(EMPTY) : move({ need: size, take }, 0);
}

export function createTarReader(): TarReader {
  let state: ReturnType<TarReader['state']> = 'reading';
  let step = headerStep(NO_METADATA);
  let collected = new Uint8Array(TAR_BLOCK);
  let filled = 0;
  let skip = 0;

  function advance(): TarEntry | null {
    const next = step.take(collected.subarray(0, step.need));
    filled = 0;
    if (typeof next === 'string') {
      state = next;
      return null;
    }
    ({ skip, next: step } = next);
    if (collected.length < step.need) collected = new Uint8Array(step.need);
    return next.entry;
  }

  function push(chunk: Uint8Array): readonly TarEntry[] {
    const entries: TarEntry[] = [];
    let at = 0;
    while (state === 'reading' && at < chunk.length) {
      const wanted = skip > 0 ? skip : step.need - filled;
      const count = Math.min(wanted, chunk.length - at);
      if (skip > 0) skip -= count;
      else {
        collected.set(chunk.subarray(at, at + count), filled);
        filled += count;
      }
      at += count;
      if (filled < step.need) continue;
      const entry = advance();
      if (entry !== null) entries.push(entry);
    }
    return entries;
  }

  function pending(): TarEntry | null {
    return step.cut?.(collected.subarray(0, filled)) ?? null;
  }

  function seek(): { readonly skip: number; readonly need: number } {
    const skipped = skip;
    skip = 0;
    return { skip: skipped, need: step.need - filled };
  }

  return { push, seek, state: () => state, pending };
}
