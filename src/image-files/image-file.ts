import { createHash } from 'node:crypto';
import type { Descriptor } from '../image/manifest.ts';
import { formatReference, parseReference, type Digest } from '../image/reference.ts';
import type { FetchedDocument } from '../images/ports.ts';
import { AppError } from '../lib/errors.ts';
import { verifyWhole } from '../lib/read-head.ts';
import { listSome } from '../lib/words.ts';
import type { StoredFile } from './file-tree.ts';
import { imageFileError } from './image-file-error.ts';

/** A manifest, config or layer. */
export interface Blob extends StoredFile {
  /** Digest of the bytes as stored; null if it is unknown, as that of a compressed layer in a docker archive. */
  readonly storedDigest: Digest | null;
}

export interface StoredImage {
  /** Its names as written, tags included; empty if it has none. */
  readonly labels: readonly string[];
  /** The references for which it stands, normalized. A tag alone names no repository. */
  readonly references: readonly string[];
  /** Its manifest or index; a function that makes one if it has none, as in a docker archive. */
  readonly manifest: Pick<Descriptor, 'digest' | 'mediaType'> | ((name: string) => Promise<FetchedDocument>);
}

/** A file or folder with images, which share their blobs. */
export interface ImageFile {
  /** As the user wrote it. */
  readonly path: string;
  readonly images: readonly StoredImage[];
  /** Blobs of a docker archive's image are known once its manifest was read. */
  readonly findBlob: (digest: Digest) => Promise<Blob | null>;
  readonly close: () => Promise<void>;
}

const DOCUMENT_LIMITS = {
  /** As for manifests and configs of registries (REGISTRY_LIMITS). */
  bytes: 4 * 1024 * 1024,
} as const;

export function sha256(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Returns a manifest of an image that has none of its own. */
export function standIn(document: object, mediaType: string): FetchedDocument {
  return { document, mediaType, digest: sha256(Buffer.from(JSON.stringify(document))), isStandIn: true };
}

/** Images listed in one message. */
const MAX_LISTED = 10;

/** Returns the normalized reference; null for a bare word, which may be a tag or a name, and for what is no reference. */
export function referenceOf(label: string): string | null {
  if (!/[/:]/.test(label)) return null;
  try {
    return formatReference(parseReference(label));
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

/** Keeps a byte order mark, which JSON.parse then rejects, as for registries. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export interface JsonFile {
  readonly document: unknown;
  readonly bytes: Uint8Array;
}

/**
 * Reads a JSON document.
 * @param digest null if it is unknown
 * @throws the error that `fail` creates
 */
export async function readJson(
  { size, read }: StoredFile,
  digest: Digest | null,
  fail: (state: string, reason: 'invalid' | 'too-large') => Error,
): Promise<JsonFile> {
  if (size > DOCUMENT_LIMITS.bytes)
    throw fail(`it has ${size} bytes, and wasmgate reads at most ${DOCUMENT_LIMITS.bytes}`, 'too-large');
  const chunks: Uint8Array[] = [];
  const mismatch = (actual: string): Error =>
    fail(`its content has the digest ${actual} instead of ${digest ?? ''}`, 'invalid');
  const source = read(size + 1);
  for await (const chunk of digest === null ? source : verifyWhole(source, digest, mismatch))
    chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  try {
    return { document: JSON.parse(decoder.decode(bytes)), bytes };
  } catch {
    throw fail('it is not JSON', 'invalid');
  }
}

function describeImage({ labels, manifest }: StoredImage, index: number): string {
  return labels[0] ?? `@${index}${typeof manifest === 'function' ? '' : ` (${manifest.digest})`}`;
}

/** Lists the images for people, some of them at most. */
function listImages({ images }: ImageFile): string {
  return listSome(images.map(describeImage), MAX_LISTED);
}

/**
 * Returns the image that a user names: by tag, name or `@` with its position, as skopeo counts them.
 * @param selector null for the only image
 * @throws AppError `unusable-image-file`
 */
export function selectImage(file: ImageFile, selector: string | null): StoredImage {
  const { images, path } = file;
  const [only] = images;
  if (only === undefined) throw imageFileError(path, 'it holds no image');
  const advice = `Name one of them: ${path}:${only.labels[0] ?? '@0'}`;
  if (selector === null) {
    if (images.length === 1) return only;
    throw imageFileError(path, `it holds ${images.length} images: ${listImages(file)}`, { advice });
  }
  const wanted = referenceOf(selector) ?? selector;
  const found =
    images.find((image, index) => image.labels.includes(selector) || selector === `@${index}`) ??
    images.find(({ references }) => references.includes(wanted));
  if (found !== undefined) return found;
  throw imageFileError(path, `it holds no image "${selector}", only ${listImages(file)}`, { advice });
}
