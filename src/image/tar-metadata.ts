import { tarText } from './tar-header.ts';

/** What records before a header say of the entry that follows; null where they do not. */
export interface TarMetadata {
  readonly path: string | null;
  readonly linkPath: string | null;
  readonly size: number | null;
  /** The content starts with a map of the holes, not with the file's own bytes. */
  readonly isSparse: boolean;
}

export const NO_METADATA: TarMetadata = { path: null, linkPath: null, size: null, isSparse: false };

const decoder = new TextDecoder();
const SPACE = 0x20;
const NEWLINE = 0x0a;

/** `<length> <key>=<value>\n`, where the length counts all of it (POSIX.1-2001 pax); null where that does not hold. */
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

/** An empty value takes an earlier one back. */
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

/** Types of entries that only speak of the next one. */
export function isMetadata(type: string): boolean {
  return type === 'x' || type === 'L' || type === 'K';
}

/** @returns null where the record cannot be read, and so the next entry's name is not known */
export function readMetadata(known: TarMetadata, type: string, bytes: Uint8Array): TarMetadata | null {
  if (type === 'L') return { ...known, path: tarText(bytes) };
  if (type === 'K') return { ...known, linkPath: tarText(bytes) };
  return readPax(known, bytes);
}
