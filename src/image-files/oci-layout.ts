import { parseManifest, type Descriptor } from '../image/manifest.ts';
import { OCI_INDEX } from '../image/media-types.ts';
import type { Digest } from '../image/reference.ts';
import type { FetchedDocument } from '../images/ports.ts';
import { AppError } from '../lib/errors.ts';
import { isObject, property } from '../lib/json.ts';
import type { FileTree } from './file-tree.ts';
import { imageFileError } from './image-file-error.ts';
import { readJson, referenceOf, standIn, type Blob, type ImageFile, type StoredImage } from './image-file.ts';

/** OCI image spec, image-layout.md. */
export const LAYOUT_FILE = 'oci-layout';
const INDEX_FILE = 'index.json';

/** Tag or name of an image (OCI image spec, annotations.md). */
const REF_NAME = 'org.opencontainers.image.ref.name';
/** The whole reference, which containerd, docker and BuildKit write beside the tag. */
const CONTAINERD_NAME = 'io.containerd.image.name';

/** A descriptor of the index, with its JSON. */
interface Entry {
  readonly descriptor: Descriptor;
  readonly json: unknown;
}

function labelsOf({ annotations }: Descriptor): readonly string[] {
  return [annotations.get(CONTAINERD_NAME), annotations.get(REF_NAME)].flatMap((name) =>
    name === undefined || name === '' ? [] : [name],
  );
}

/** Returns the entries of each image: those of one name, or all if they differ only by platform. */
function groupEntries(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const isNamed = entries.some(({ descriptor }) => labelsOf(descriptor).length > 0);
  if (!isNamed && entries.length > 1 && entries.every(({ descriptor }) => descriptor.platform !== null))
    return [entries];
  // Entries without a name are images of their own.
  return [...Map.groupBy(entries, (entry) => labelsOf(entry.descriptor)[0] ?? entry).values()];
}

function joinEntries(entries: readonly Entry[]): FetchedDocument {
  const manifests = entries.map(({ json }) => json);
  const document = { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
  return standIn(document, OCI_INDEX);
}

function createImage(entries: readonly Entry[]): StoredImage {
  const descriptors = entries.map(({ descriptor }) => descriptor);
  const labels = [...new Set(descriptors.flatMap(labelsOf))];
  const references = labels.flatMap((label) => referenceOf(label) ?? []);
  const [root, ...others] = descriptors;
  const isAlone = root !== undefined && others.length === 0;
  return { labels, references, manifest: isAlone ? root : () => Promise.resolve(joinEntries(entries)) };
}

async function readEntries({ path, find }: FileTree): Promise<readonly Entry[]> {
  const file = await find(INDEX_FILE);
  if (file === null) throw imageFileError(path, `it has an ${LAYOUT_FILE} file, but no ${INDEX_FILE}`);
  const fail = (state: string): Error => imageFileError(path, `${INDEX_FILE}: ${state}`);
  const { document } = await readJson(file, null, fail);
  try {
    const index = parseManifest(document, OCI_INDEX);
    if (index.kind !== 'index' || !isObject(document)) throw fail('it is not an index');
    const json = property(document, 'manifests');
    return index.manifests.map((descriptor, at) => ({
      descriptor,
      json: Array.isArray(json) ? (json[at] as unknown) : undefined,
    }));
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid-manifest') throw fail(error.message);
    throw error;
  }
}

/** Opens a layout. @throws AppError `unusable-image-file` */
export async function openOciLayout(tree: FileTree): Promise<ImageFile> {
  const findBlob = async (digest: Digest): Promise<Blob | null> => {
    const file = await tree.find(`blobs/${digest.replace(':', '/')}`);
    return file === null ? null : { ...file, storedDigest: digest };
  };
  const entries = await readEntries(tree);
  const images = groupEntries(entries).map(createImage);
  return { path: tree.path, images, findBlob, close: tree.close };
}
