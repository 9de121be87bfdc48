import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, isMissing, readText } from '../../files/read-text.ts';
import { AppError } from '../../lib/errors.ts';
import type { Problem } from './problem.ts';

const DEFAULTS = {
  /** All Pods of a large cluster as JSON are some 50 MB; what is larger is no manifest but a mistake. */
  maxBytes: 256 * 1024 * 1024,
} as const;

/** The name of standard input among paths, as kubectl has it. */
const STANDARD_INPUT = '-';

export interface InputFile {
  /** As the user would name it; `-` for standard input. */
  readonly file: string;
  readonly text: string;
}

interface FileReader {
  readonly readInput: () => Promise<string>;
}

const MANIFEST_NAME = /\.(?:ya?ml|json)$/i;

/** The manifests of a folder and those below, in name order; a folder that a link leads back to is read once. */
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

/** A link that leads nowhere, or round in a circle, is no file of anybody's. */
async function kindOf(path: string): Promise<'folder' | 'file' | 'other'> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return 'folder';
    return found.isFile() ? 'file' : 'other';
  } catch {
    return 'other';
  }
}

async function expand(path: string): Promise<readonly string[]> {
  return (await stat(path)).isDirectory() ? findManifests(path, new Set()) : [path];
}

export interface FoundFiles {
  readonly files: readonly InputFile[];
  /** Files that are there and cannot be read, such as in UTF-16, which PowerShell's ">" writes. */
  readonly problems: readonly Problem[];
}

/** @throws AppError `missing-file` */
async function readFile(file: string): Promise<FoundFiles> {
  try {
    return { files: [{ file, text: await readText({ path: file, ...DEFAULTS }) }], problems: [] };
  } catch (error) {
    if (!(error instanceof AppError) || isMissing(error)) throw error;
    const { message } = error;
    return { files: [], problems: [{ file, document: null, line: null, column: null, message }] };
  }
}

async function readPath(path: string, { readInput }: FileReader): Promise<readonly FoundFiles[]> {
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
 * Every file that the paths name: files as they are, folders with all manifests in them.
 * @throws AppError with a `FileErrorCode` where there is no such file, or a folder cannot be listed
 */
export async function readFiles(paths: readonly string[], reader: FileReader): Promise<FoundFiles> {
  const found: FoundFiles[] = [];
  for (const path of paths) found.push(...(await readPath(path, reader)));
  return {
    files: found.flatMap(({ files }) => files),
    problems: found.flatMap(({ problems }) => problems),
  };
}
