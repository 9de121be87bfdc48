import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, isMissing, readText } from '../../files/read-text.ts';
import { AppError } from '../../lib/errors.ts';

/** All Pods of a large cluster are about 50 MB of JSON; anything larger is a mistake. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/** Stands for standard input among paths, as in kubectl. */
export const STANDARD_INPUT = '-';

const MANIFEST_NAME = /\.(?:ya?ml|json)$/i;

export interface InputFile {
  /** The path as the user wrote it; `-` for standard input. */
  readonly file: string;
  readonly text: string;
}

/** The reason why a file, or a document in it, cannot be read. */
export interface Problem {
  readonly file: string;
  /** Starts at 1, like line and column; null for the whole file. */
  readonly document: number | null;
  readonly line: number | null;
  /** Null if there is no single place. */
  readonly column: number | null;
  readonly message: string;
}

export interface FoundFiles {
  readonly files: readonly InputFile[];
  /** Files that exist but cannot be read, such as those in UTF-16, which PowerShell's ">" writes. */
  readonly problems: readonly Problem[];
}

interface InputReader {
  readonly readInput: () => Promise<string>;
}

/** Broken links, and links in a circle, are `other`. */
async function kindOf(path: string): Promise<'folder' | 'file' | 'other'> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return 'folder';
    return found.isFile() ? 'file' : 'other';
  } catch {
    return 'other';
  }
}

/** Finds the manifests below a folder, by name; reads a folder once even if a link leads back to it. */
async function findManifests(folder: string, seen: Set<string>): Promise<readonly string[]> {
  const real = await realpath(folder);
  if (seen.has(real)) return [];
  seen.add(real);
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.') && name !== 'node_modules');
  const found: string[] = [];
  for (const name of names.toSorted()) {
    const path = join(folder, name);
    const kind = await kindOf(path);
    if (kind === 'folder') found.push(...(await findManifests(path, seen)));
    else if (kind === 'file' && MANIFEST_NAME.test(name)) found.push(path);
  }
  return found;
}

async function expand(path: string): Promise<readonly string[]> {
  return (await stat(path)).isDirectory() ? findManifests(path, new Set()) : [path];
}

/** @throws AppError `missing-file` */
async function readFile(file: string): Promise<FoundFiles> {
  try {
    return {
      files: [{ file, text: await readText({ path: file, maxBytes: MAX_FILE_BYTES }) }],
      problems: [],
    };
  } catch (error) {
    if (!(error instanceof AppError) || isMissing(error)) throw error;
    const { message } = error;
    return { files: [], problems: [{ file, document: null, line: null, column: null, message }] };
  }
}

async function readPath(path: string, { readInput }: InputReader): Promise<readonly FoundFiles[]> {
  if (path === STANDARD_INPUT) {
    return [{ files: [{ file: STANDARD_INPUT, text: await readInput() }], problems: [] }];
  }
  try {
    const found: FoundFiles[] = [];
    for (const file of await expand(path)) found.push(await readFile(file));
    return found;
  } catch (error) {
    throw fileError({ path }, error);
  }
}

/**
 * Reads the given files, and all manifests in the given folders.
 * @throws AppError with a `FileErrorCode` if a path does not exist or a folder cannot be listed
 */
export async function readFiles(paths: readonly string[], reader: InputReader): Promise<FoundFiles> {
  const found: FoundFiles[] = [];
  for (const path of paths) found.push(...(await readPath(path, reader)));
  return {
    files: found.flatMap(({ files }) => files),
    problems: found.flatMap(({ problems }) => problems),
  };
}
