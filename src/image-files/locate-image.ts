import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../files/read-text.ts';
import { HEAD_BYTES, kindOfHead, type HeadKind } from './head-kind.ts';
import { imageFileError } from './image-file-error.ts';
import { LAYOUT_FILE } from './oci-layout.ts';

/** What the user says the file is; null if its content shall show it. */
export type Transport = 'oci' | 'oci-archive' | 'docker-archive';

/** An image in a file or folder. */
export interface ImageLocation {
  /** As the user wrote it. */
  readonly text: string;
  readonly path: string;
  /** Tag, name or `@` with a position; null if the file holds one image. */
  readonly selector: string | null;
  readonly transport: Transport | null;
}

/** Transports of containers-transports(5), which skopeo and podman take. */
const TRANSPORTS: Readonly<Record<string, Transport>> = {
  oci: 'oci',
  'oci-archive': 'oci-archive',
  'docker-archive': 'docker-archive',
};

/** Transports that name a place which wasmgate does not read, and what to do instead. */
const OTHER_TRANSPORTS: Readonly<Record<string, string>> = {
  'docker-daemon': 'Save the image first: docker save IMAGE > image.tar',
  'containers-storage': 'Save the image first: podman save IMAGE > image.tar',
};

/** `.`, `..` and paths that start with them or with a slash: no reference does. */
const IS_PATH = /^(?:\.{1,2}(?:\/|$)|\/)/;

/** Splits at the first colon, as skopeo does: paths with a colon have no selector. */
function split(text: string): readonly [path: string, selector: string | null] {
  const colon = text.indexOf(':');
  return colon < 0 ? [text, null] : [text.slice(0, colon), text.slice(colon + 1) || null];
}

async function isFound(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Reads what the beginning of a file shows; null for a folder, and for what is not a regular file. */
export async function readHeadKind(path: string): Promise<HeadKind | null> {
  const found = await stat(path);
  if (!found.isFile()) return null;
  await using handle = await open(path);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  return kindOfHead(buffer.subarray(0, bytesRead));
}

/** Reports whether a path holds something like an image, so that it is meant rather than the repository of that name. */
async function looksLikeImage(path: string): Promise<boolean> {
  try {
    const kind = await readHeadKind(path);
    return kind === null ? await isFound(join(path, LAYOUT_FILE)) : kind !== 'other';
  } catch {
    return false;
  }
}

async function locatePath(text: string, path: string): Promise<Omit<ImageLocation, 'transport'>> {
  if (await isFound(path)) return { text, path, selector: null };
  const [before, selector] = split(path);
  if (before !== path && before !== '' && (await isFound(before))) return { text, path: before, selector };
  throw imageFileError(before, 'there is no such file or folder');
}

async function locateBare(text: string): Promise<ImageLocation | null> {
  if (await looksLikeImage(text)) return { text, path: text, selector: null, transport: null };
  const [path, selector] = split(text);
  const isFile = selector !== null && (await looksLikeImage(path));
  return isFile ? { text, path, selector, transport: null } : null;
}

/**
 * Returns the file that a text names; null if it is a reference. A file is named by a transport, by a path that starts with `.`
 * or `/`, or by any other path where an image lies.
 * @throws AppError `unusable-image-file` if there is no such file
 */
export async function locateImage(text: string): Promise<ImageLocation | null> {
  const [prefix, rest] = split(text);
  const transport = Object.hasOwn(TRANSPORTS, prefix) ? TRANSPORTS[prefix] : undefined;
  if (transport !== undefined && rest !== null) return { ...(await locatePath(text, rest)), transport };
  const advice = Object.hasOwn(OTHER_TRANSPORTS, prefix) ? OTHER_TRANSPORTS[prefix] : undefined;
  if (advice !== undefined && rest !== null)
    throw imageFileError(text, `wasmgate does not read ${prefix}:`, { advice });
  if (IS_PATH.test(text)) return { ...(await locatePath(text, text)), transport: null };
  return locateBare(text);
}
