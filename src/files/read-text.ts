import { open } from 'node:fs/promises';
import { AppError } from '../lib/errors.ts';

const DEFAULTS = {
  /** What the API server takes as a ConfigMap or Secret at most; files that people write have some KiB. */
  maxBytes: 1024 * 1024,
} as const;

/** `missing-file` is told apart: the file may stand on another machine, or come later. */
export type FileErrorCode = 'missing-file' | 'unreadable-file';

export interface NamedFile {
  readonly path: string;
  /** What it is to whoever named it, such as `configuration`. */
  readonly what?: string;
  readonly maxBytes?: number;
  readonly advice?: string;
}

/** The words for what open(2) and read(2) say most; all else is told by its code. */
const STATES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of its path is no folder',
  EISDIR: 'it is a folder',
  EACCES: 'you may not read it',
  EPERM: 'you may not read it',
  ELOOP: 'its links lead round in a circle',
  ENAMETOOLONG: 'no file has so long a name',
};

function refuse(
  { path, what, advice }: NamedFile,
  state: string,
  options: { readonly code?: FileErrorCode; readonly cause?: unknown } = {},
): AppError<FileErrorCode> {
  const name = what === undefined ? `"${path}"` : `${what} "${path}"`;
  const { code = 'unreadable-file', cause } = options;
  return new AppError(code, `Cannot read ${name}: ${state}`, {
    blame: 'input',
    ...(cause === undefined ? {} : { cause }),
    ...(advice === undefined ? {} : { advice }),
  });
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}

/** Whether a file system said that nothing is there. */
export function isMissing(cause: unknown): boolean {
  const code = cause instanceof AppError ? cause.code : codeOf(cause);
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'missing-file';
}

/** What a file system says, in words; null where there are none for it, or somebody else says it. */
export function describeFileState(cause: unknown): string | null {
  return STATES[codeOf(cause)] ?? null;
}

/** What a file system threw, in words, for files and folders alike. An error of ours passes as it is. */
export function fileError(file: NamedFile, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const state = describeFileState(cause);
  const code = isMissing(cause) ? 'missing-file' : 'unreadable-file';
  // Where the words are ours, Node's would be appended and say the same again.
  return state === null
    ? refuse(file, codeOf(cause) || 'it failed', { code, cause })
    : refuse(file, state, { code });
}

/** Bounded while reading: a device or a pipe does not tell its size before. */
async function readBytes(file: NamedFile): Promise<Buffer> {
  const { path, maxBytes = DEFAULTS.maxBytes } = file;
  await using handle = await open(path);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of handle.createReadStream({ autoClose: false })) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > maxBytes) throw refuse(file, `it is larger than ${maxBytes} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/**
 * A file that somebody wrote, as text; a byte order mark is left out.
 * @throws AppError with a `FileErrorCode`
 */
export async function readText(file: NamedFile): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readBytes(file);
  } catch (cause) {
    throw fileError(file, cause);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // A binary file, or what PowerShell's ">" writes.
    throw refuse(file, 'it is no UTF-8 text');
  }
}
