import { constants } from 'node:fs';
import { lstat, open, realpath, type FileHandle } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fileError, isMissing } from '../files/read-text.ts';
import { imageFileError } from './image-file-error.ts';

/** A file of a folder or an archive. */
export interface StoredFile {
  /** Bytes. */
  readonly size: number;
  /** Reads the first bytes, and no more than there are. */
  readonly read: (maxBytes: number) => AsyncIterable<Uint8Array>;
}

/** The files of a folder or an archive, by path. */
export interface FileTree {
  /** As the user wrote it. */
  readonly path: string;
  /** Returns null if there is no such file. @throws AppError if the path leaves the tree, or is not a regular file */
  readonly find: (path: string) => Promise<StoredFile | null>;
  readonly close: () => Promise<void>;
}

/** Bytes of one read(2). */
const CHUNK_BYTES = 64 * 1024;

/** Yields the bytes from `start` on, until `count` bytes or the file's end. */
export async function* readRange(
  handle: FileHandle,
  start: number,
  count: number,
): AsyncGenerator<Uint8Array> {
  for (let [position, left] = [start, count]; left > 0;) {
    const buffer = Buffer.allocUnsafe(Math.min(left, CHUNK_BYTES));
    const { bytesRead } = await handle.read({ buffer, position });
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    position += bytesRead;
    left -= bytesRead;
  }
}

/** Opens without following a link or waiting for the writer of a pipe, which may have replaced the file since. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

async function* readFile(path: string, maxBytes: number): AsyncGenerator<Uint8Array> {
  try {
    await using handle = await open(path, OPEN_FLAGS);
    yield* readRange(handle, 0, maxBytes);
  } catch (error) {
    throw fileError({ path }, error);
  }
}

/** Opens a folder. A link that leads out of it is an error: a layout comes from elsewhere, and must not read this machine's files. */
export async function openFolder(path: string): Promise<FileTree> {
  const root = await realpath(path);
  const inside = root.endsWith(sep) ? root : root + sep;

  async function find(name: string): Promise<StoredFile | null> {
    const shown = join(path, name);
    let real: string;
    try {
      real = await realpath(join(root, name));
    } catch (error) {
      if (isMissing(error)) return null;
      throw fileError({ path: shown }, error);
    }
    if (!real.startsWith(inside)) {
      throw imageFileError(shown, 'it is a link to a file outside of the layout', {
        advice: 'Copy the layout with the files that its links name: cp -rL FROM TO',
      });
    }
    const found = await lstat(real);
    if (!found.isFile()) throw imageFileError(shown, 'it is not a regular file');
    return { size: found.size, read: (maxBytes) => readFile(real, maxBytes) };
  }

  return { path, find, close: () => Promise.resolve() };
}
