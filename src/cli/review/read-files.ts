import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../errors.ts';

export const DEFAULTS = {
  /** All Pods of a large cluster as JSON are some 50 MB; what is larger is no manifest but a mistake. */
  maxFileBytes: 256 * 1024 * 1024,
} as const;

/** The name of standard input among paths, as kubectl has it. */
export const STANDARD_INPUT = '-';

export interface InputFile {
  /** As the user would name it; `-` for standard input. */
  readonly file: string;
  readonly text: string;
}

interface FileReader {
  readonly readInput: () => Promise<string>;
}

const MANIFEST_NAME = /\.(?:ya?ml|json)$/i;

function unreadable(path: string, cause: unknown): AppError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'failed';
  const state = code === 'ENOENT' ? 'there is no such file or folder' : code;
  return new AppError('unreadable-manifest', `Cannot read "${path}": ${state}`, { blame: 'input', cause });
}

function tooLarge(path: string): AppError {
  return new AppError('unreadable-manifest', `Cannot read "${path}": it is larger than any manifest`, {
    blame: 'input',
  });
}

/** Bounded while reading: a device or a pipe does not tell its size before. */
async function readText(path: string): Promise<string> {
  await using handle = await open(path);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of handle.createReadStream({ autoClose: false })) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > DEFAULTS.maxFileBytes) throw tooLarge(path);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

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

async function readPath(path: string, { readInput }: FileReader): Promise<readonly InputFile[]> {
  if (path === STANDARD_INPUT) return [{ file: STANDARD_INPUT, text: await readInput() }];
  try {
    const files: InputFile[] = [];
    for (const file of await expand(path)) files.push({ file, text: await readText(file) });
    return files;
  } catch (error) {
    throw error instanceof AppError ? error : unreadable(path, error);
  }
}

/**
 * Every file that the paths name: files as they are, folders with all manifests in them.
 * @throws AppError `unreadable-manifest`
 */
export async function readFiles(paths: readonly string[], reader: FileReader): Promise<readonly InputFile[]> {
  const files: InputFile[] = [];
  for (const path of paths) files.push(...(await readPath(path, reader)));
  return files;
}
