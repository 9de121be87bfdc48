import type { FileHandle } from 'node:fs/promises';
import { resolvePath } from '../image/resolve-path.ts';
import { createTarReader, type TarEntry } from '../image/tar-reader.ts';
import { readRange, type FileTree, type StoredFile } from './file-tree.ts';
import { imageFileError } from './image-file-error.ts';

const TAR_LIMITS = {
  /** Entries read: an image has some hundred, archives of all images of a machine some thousand. */
  entries: 100_000,
  /** Characters of their paths, which are kept. */
  pathCharacters: 16 * 1024 * 1024,
  /** Links followed for one file: `docker save` before version 25 wrote one. */
  links: 8,
} as const;

type Found = Pick<TarEntry, 'kind' | 'target' | 'size'> & {
  /** Where the content begins in the archive. */
  readonly start: number;
};

interface Archive {
  readonly path: string;
  readonly handle: FileHandle;
  /** Bytes. */
  readonly size: number;
  /** Ends the reading of a large archive. */
  readonly signal: AbortSignal;
}

async function readExactly(handle: FileHandle, start: number, count: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readRange(handle, start, count)) chunks.push(chunk);
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/** Reads the headers, and seeks over the content: an archive may have many gigabytes. */
async function listEntries({
  path,
  handle,
  size: end,
  signal,
}: Archive): Promise<ReadonlyMap<string, Found>> {
  const reader = createTarReader();
  const entries = new Map<string, Found>();
  let at = 0;
  let count = 0;
  let characters = 0;
  while (reader.state() === 'reading') {
    if (signal.aborted) throw imageFileError(path, 'reading it took too long');
    const { skip, need } = reader.seek();
    at += skip;
    const bytes = await readExactly(handle, at, need);
    // Some tools leave out the blocks of zeros behind the last entry, which Go's archive/tar does not need either.
    if (bytes.length === 0 && at === end && count > 0) return entries;
    at += bytes.length;
    for (const { kind, path: name, target, size, head } of reader.push(bytes)) {
      count += 1;
      characters += name.length + target.length;
      if (count > TAR_LIMITS.entries || characters > TAR_LIMITS.pathCharacters)
        throw imageFileError(path, 'it holds more files than any image');
      entries.set(resolvePath('/', name), { kind, target, size, start: at - head.length });
    }
    if (bytes.length < need) {
      throw imageFileError(path, 'it ends in the middle of an archive', {
        advice: 'Write or download it again.',
      });
    }
  }
  if (reader.state() === 'broken') throw imageFileError(path, 'it is a damaged tar archive');
  return entries;
}

/** Follows links, which stay within the archive. */
function resolve(entries: ReadonlyMap<string, Found>, path: string): Found | undefined {
  let name = resolvePath('/', path);
  for (let left: number = TAR_LIMITS.links; left > 0; left -= 1) {
    const found = entries.get(name);
    if (found?.kind === 'hardlink') name = resolvePath('/', found.target);
    else if (found?.kind === 'symlink') name = resolvePath(`${name}/..`, found.target);
    else return found;
  }
  return undefined;
}

/** Opens an archive. @throws AppError if it is no intact tar archive */
export async function openTar(archive: Archive): Promise<FileTree> {
  const { path, handle } = archive;
  const entries = await listEntries(archive);
  return {
    path,
    find: (name) => {
      const found = resolve(entries, name);
      if (found?.kind !== 'file') return Promise.resolve(null);
      const { size, start } = found;
      const file: StoredFile = {
        size,
        read: (maxBytes) => readRange(handle, start, Math.min(maxBytes, size)),
      };
      return Promise.resolve(file);
    },
    close: () => handle.close(),
  };
}
