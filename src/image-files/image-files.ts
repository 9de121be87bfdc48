import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, isMissing } from '../files/read-text.ts';
import { formatReference, type Digest, type Reference } from '../image/reference.ts';
import type { RegistryPort } from '../images/ports.ts';
import { createFileRegistry } from './file-registry.ts';
import { imageFileError } from './image-file-error.ts';
import type { ImageFile, StoredImage } from './image-file.ts';
import { readHeadKind } from './locate-image.ts';
import { LAYOUT_FILE } from './oci-layout.ts';
import { openImageFile } from './open-image-file.ts';

const FOLDER_LIMITS = {
  /** Files and folders looked at, so that `--images /` ends. */
  entries: 10_000,
  /** Image files, each of which may hold a file open. */
  images: 500,
  /** Folders within folders. */
  depth: 4,
} as const;

interface FoundImage {
  readonly file: ImageFile;
  readonly image: StoredImage;
}

/** The images of files, for manifests that name images which are not pushed yet. */
export interface ImageFiles {
  /** Returns a registry that reads these images, and asks the other one for what they do not hold. */
  readonly over: (registry: RegistryPort) => RegistryPort;
  /** What the user may want to know: files that cannot stand for a reference, and images that no manifest named. */
  readonly notes: () => readonly string[];
  readonly close: () => Promise<void>;
}

/** Why a Wasm file cannot stand for an image: nothing in it names one. */
const NAMELESS_WASM =
  'it is a Wasm file without an image’s name, so no manifest can refer to it. See which handlers run it: wasmgate inspect';

interface Search {
  readonly paths: string[];
  readonly skipped: string[];
  entries: number;
}

async function hasLayout(folder: string): Promise<boolean> {
  try {
    return (await stat(join(folder, LAYOUT_FILE))).isFile();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Sorts a file in: an archive, a Wasm file or compressed file, which the user should hear of, or anything else. */
async function sortIn(path: string, search: Search): Promise<void> {
  const kind = await readHeadKind(path);
  if (kind === 'tar') search.paths.push(path);
  else if (kind === 'packed' && /\.(?:tar\.\w+|tgz)$/.test(path))
    search.skipped.push(`${path}: it is compressed. Decompress it, and wasmgate reads the images in it.`);
  else if (kind === 'module' || kind === 'component')
    search.skipped.push(`${path}: ${NAMELESS_WASM} ${path}`);
}

/** Finds layouts and archives below a folder. Links to other folders are not followed. */
async function walk(folder: string, depth: number, search: Search): Promise<void> {
  if (await hasLayout(folder)) {
    search.paths.push(folder);
    return;
  }
  for (const entry of (await readdir(folder, { withFileTypes: true })).toSorted((left, right) =>
    left.name < right.name ? -1 : 1,
  )) {
    search.entries += 1;
    if (search.entries > FOLDER_LIMITS.entries)
      throw imageFileError(folder, 'there are too many files in it', {
        advice: 'Name the folder of the images.',
      });
    const path = join(folder, entry.name);
    if (entry.isDirectory() && depth < FOLDER_LIMITS.depth) await walk(path, depth + 1, search);
    else if (entry.isFile()) await sortIn(path, search);
  }
}

/** @throws AppError if the path is one file that cannot stand for any reference */
async function findPaths(path: string, search: Search): Promise<void> {
  if ((await stat(path)).isDirectory()) return walk(path, 0, search);
  const kind = await readHeadKind(path);
  if (kind === 'module' || kind === 'component') throw imageFileError(path, `${NAMELESS_WASM} ${path}`);
  search.paths.push(path);
  return undefined;
}

/** Opens each path. An archive of something else is skipped, unless the user named it. */
async function openAll(
  search: Search,
  named: readonly string[],
  signal: AbortSignal,
): Promise<readonly ImageFile[]> {
  const { paths, skipped } = search;
  if (paths.length > FOLDER_LIMITS.images)
    throw imageFileError(named.join(', '), `there are ${paths.length} archives and layouts in it`);
  const files: ImageFile[] = [];
  for (const path of paths) {
    try {
      const opened = await openImageFile({ path, transport: null }, signal);
      if (opened.kind === 'images') files.push(opened.file);
    } catch (error) {
      const why = fileError({ path }, error);
      if (named.includes(path)) throw why;
      skipped.push(why.message);
    }
  }
  return files;
}

/** Lists the images by the references for which they stand. @throws AppError if two stand for the same one */
function byReference(files: readonly ImageFile[]): ReadonlyMap<string, FoundImage> {
  const images = files.flatMap((file) => file.images.map((image) => ({ file, image })));
  const found = new Map<string, FoundImage>();
  for (const { file, image } of images) {
    for (const reference of image.references) {
      const other = found.get(reference);
      if (other !== undefined && !isSame(other.image, image)) throw twice(reference, other.file, file);
      found.set(reference, { file, image });
    }
  }
  return found;
}

function twice(reference: string, first: ImageFile, second: ImageFile): Error {
  const state = `it holds another image "${reference}" than ${first.path}`;
  return imageFileError(second.path, state, { advice: 'Keep one of them.' });
}

function isSame({ manifest: left }: StoredImage, { manifest: right }: StoredImage): boolean {
  return typeof left !== 'function' && typeof right !== 'function' && left.digest === right.digest;
}

function createFinder(files: readonly ImageFile[]) {
  const named = byReference(files);
  const used = new Set<StoredImage>();

  /** Returns the file that holds the manifest; any image of a file gives access to all of its blobs. */
  async function findDigest(digest: Digest): Promise<FoundImage | null> {
    for (const file of files) {
      const [first] = file.images;
      const image =
        file.images.find(({ manifest }) => typeof manifest !== 'function' && manifest.digest === digest) ??
        first;
      if (image !== undefined && (await file.findBlob(digest)) !== null) return { file, image };
    }
    return null;
  }

  async function find(reference: Reference): Promise<FoundImage | null> {
    const { digest } = reference;
    const found =
      digest === null ? (named.get(formatReference(reference)) ?? null) : await findDigest(digest);
    // The entries of an index have digests of their own.
    const { manifest } = found?.image ?? {};
    if (found !== null && (digest === null || (typeof manifest === 'object' && manifest.digest === digest)))
      used.add(found.image);
    return found;
  }

  return { find, isNamed: (reference: Reference) => named.has(formatReference(reference)), used };
}

/** An image that two files hold is used in both. */
function describeUnused({ path, images }: ImageFile, used: ReadonlySet<StoredImage>): readonly string[] {
  const usedNames = new Set([...used].flatMap(({ references }) => references));
  return images
    .filter((image) => !used.has(image) && !image.references.some((name) => usedNames.has(name)))
    .map(({ labels, references, manifest }) => {
      const name = references[0] ?? labels[0];
      const digest = typeof manifest === 'function' ? '' : ` (${manifest.digest})`;
      if (name === undefined) return `${path}: no manifest names the image without a name${digest}`;
      const why = references.length === 0 ? ', a tag without a repository' : '';
      return `${path}: no manifest names the image "${name}"${why}${digest}`;
    });
}

/**
 * Opens all images of the given files and folders.
 * @throws AppError if a file that the user names holds no image, or two files hold different images of one name
 */
export async function openImageFiles(paths: readonly string[], signal: AbortSignal): Promise<ImageFiles> {
  const search: Search = { paths: [], skipped: [], entries: 0 };
  for (const path of paths) {
    try {
      await findPaths(path, search);
    } catch (error) {
      throw fileError({ path }, error);
    }
  }
  const files = await openAll(search, paths, signal);
  const finder = createFinder(files);
  return {
    over: (registry) => overRegistry(finder, registry),
    notes: () => [
      ...search.skipped,
      ...(files.length === 0 ? [`${paths.join(', ')}: there is no OCI layout or docker archive in it`] : []),
      ...files.flatMap((file) => describeUnused(file, finder.used)),
    ],
    close: async () => {
      await Promise.all(files.map((file) => file.close()));
    },
  };
}

function overRegistry(
  { find, isNamed }: Pick<ReturnType<typeof createFinder>, 'find' | 'isNamed'>,
  registry: RegistryPort,
): RegistryPort {
  /** Chooses by the image, and by the blob: a layout may lack parts that the registry has. */
  async function portFor(reference: Reference, blob: Digest | null): Promise<RegistryPort> {
    const found = await find(reference);
    if (found === null || (blob !== null && (await found.file.findBlob(blob)) === null)) return registry;
    return createFileRegistry({ ...found, name: formatReference(reference) });
  }

  return {
    fetchManifest: async (reference, options) =>
      (await portFor(reference, null)).fetchManifest(reference, options),
    fetchJsonBlob: async (reference, blob, options) =>
      (await portFor(reference, blob.digest)).fetchJsonBlob(reference, blob, options),
    readLayer: async (reference, request, options) =>
      (await portFor(reference, request.layer.digest)).readLayer(reference, request, options),
    resolveDigest: async (reference, options) =>
      (await portFor(reference, null)).resolveDigest(reference, options),
    isUnreachable: (reference) => !isNamed(reference) && registry.isUnreachable(reference),
  };
}
