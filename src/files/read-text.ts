import { open } from 'node:fs/promises';
import { AppError } from '../lib/errors.ts';

/** The API server's limit for a ConfigMap or Secret; files that people write have a few KiB. */
const MAX_BYTES = 1024 * 1024;

/** `missing-file` has its own code, because the file may be on another machine, or come later. */
export type FileErrorCode = 'missing-file' | 'unreadable-file';

export interface NamedFile {
  readonly path: string;
  /** The user's term for the file, such as `configuration`. */
  readonly what?: string;
  readonly maxBytes?: number;
  readonly advice?: string;
}

/** Descriptions of the usual errors of open(2) and read(2); messages name others by their code. */
const STATES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'its symbolic links form a loop',
  ENAMETOOLONG: 'its name is too long',
};

function createFileError(
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

/** Reports whether an error means that there is no such file or folder. */
export function isMissing(cause: unknown): boolean {
  const code = cause instanceof AppError ? cause.code : codeOf(cause);
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'missing-file';
}

/** Describes an error of the file system; null for an unusual one, and for other errors. */
export function describeFileState(cause: unknown): string | null {
  return STATES[codeOf(cause)] ?? null;
}

/** Converts an error of the file system, about a file or a folder. Returns an AppError unchanged. */
export function fileError(file: NamedFile, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const state = describeFileState(cause);
  const code = isMissing(cause) ? 'missing-file' : 'unreadable-file';
  // A cause would only repeat the description.
  return state === null
    ? createFileError(file, codeOf(cause) || 'the file system failed', { code, cause })
    : createFileError(file, state, { code });
}

/** Limits the bytes while reading: devices and pipes have no size. */
async function readBytes(file: NamedFile): Promise<Buffer> {
  const { path, maxBytes = MAX_BYTES } = file;
  await using handle = await open(path);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of handle.createReadStream({ autoClose: false })) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > maxBytes) throw createFileError(file, `it is larger than ${maxBytes} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/**
 * Reads a text file without its byte order mark.
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
    // A binary file, or the output of PowerShell's ">".
    throw createFileError(file, 'it is not UTF-8 text');
  }
}
