import { readDiffIds } from '../image/image-config.ts';
import { DOCKER_CONFIG, DOCKER_MANIFEST } from '../image/media-types.ts';
import { isDigest, type Digest } from '../image/reference.ts';
import type { FetchedDocument } from '../images/ports.ts';
import { isObject, property, stringList, type JsonObject } from '../lib/json.ts';
import type { FileTree } from './file-tree.ts';
import { imageError, imageFileError } from './image-file-error.ts';
import {
  readJson,
  referenceOf,
  sha256,
  standIn,
  type Blob,
  type ImageFile,
  type StoredImage,
} from './image-file.ts';

/** github.com/moby/docker-image-spec, "Combined Image JSON + Filesystem Changeset Format". */
export const ARCHIVE_FILE = 'manifest.json';

/** Layers in the archive are tar files; some tools compress them (crane), whatever the type says. */
const LAYER_TYPE = 'application/vnd.docker.image.rootfs.diff.tar';

/** Linux overlays at most 500 layers. */
const MAX_LAYERS = 1000;

/** One image as `manifest.json` lists it. */
interface Listed {
  /** Path of the config. */
  readonly config: string;
  readonly tags: readonly string[];
  /** Paths of the layers, lowest first. */
  readonly layers: readonly string[];
}

interface Archive {
  readonly tree: FileTree;
  /** Blobs of the images whose configs were read. */
  readonly blobs: Map<Digest, Blob>;
}

function readListed(value: unknown): Listed | null {
  if (!isObject(value)) return null;
  const config = property(value, 'Config');
  const layers = stringList(property(value, 'Layers'));
  if (typeof config !== 'string' || layers === null || layers.length > MAX_LAYERS) return null;
  return { config, tags: stringList(property(value, 'RepoTags')) ?? [], layers };
}

/** Reports whether a layer is compressed: its digest is then not that of the files, which the config lists. */
async function isCompressed({ read }: Blob): Promise<boolean> {
  const head: Uint8Array[] = [];
  for await (const chunk of read(2)) head.push(chunk);
  const [first, second] = Buffer.concat(head);
  return (first === 0x1f && second === 0x8b) || (first === 0x28 && second === 0xb5);
}

async function findLayer({ tree }: Archive, path: string, name: string): Promise<Blob> {
  const file = await tree.find(path);
  if (file !== null) return { ...file, storedDigest: null };
  throw imageError(name, 'not-found', {
    state: `it lists the layer ${path}, which is not in the archive`,
    advice: 'Save the image again.',
  });
}

/** Adds the layers to the blobs, each under the digest of its files, and returns their descriptors. */
async function addLayers(
  archive: Archive,
  { layers }: Listed,
  { name, diffIds }: { readonly name: string; readonly diffIds: readonly string[] },
): Promise<readonly object[]> {
  const descriptors: object[] = [];
  for (const [index, path] of layers.entries()) {
    const digest = diffIds[index] ?? '';
    if (!isDigest(digest))
      throw imageError(name, 'invalid', { state: `its config names no digest for layer ${index + 1}` });
    const layer = await findLayer(archive, path, name);
    archive.blobs.set(digest, { ...layer, storedDigest: (await isCompressed(layer)) ? null : digest });
    descriptors.push({ mediaType: LAYER_TYPE, digest, size: layer.size });
  }
  return descriptors;
}

async function readConfig(
  { tree, blobs }: Archive,
  { config }: Listed,
  name: string,
): Promise<{ readonly document: unknown; readonly descriptor: object }> {
  const file = await tree.find(config);
  if (file === null)
    throw imageError(name, 'not-found', {
      state: `it lists the config ${config}, which is not in the archive`,
    });
  const fail = (state: string, reason: 'invalid' | 'too-large'): Error =>
    imageError(name, reason, { state: `config ${config}: ${state}` });
  const { document, bytes } = await readJson(file, null, fail);
  const digest = sha256(bytes);
  blobs.set(digest, { ...file, storedDigest: digest });
  return { document, descriptor: { mediaType: DOCKER_CONFIG, digest, size: bytes.length } };
}

/** Returns the file-system layers that the config lists. An artifact has none, and so no place in such an archive. */
function diffIdsOf(document: unknown, name: string): readonly string[] {
  if (!isObject(document))
    throw imageError(name, 'invalid', { state: 'Cannot read image config: it is not a JSON object' });
  const diffIds = readDiffIds(document);
  if (diffIds !== null) return diffIds;
  throw imageError(name, 'unsupported', {
    state: 'its config lists no layers (rootfs.diff_ids), as that of a Wasm artifact',
    advice: 'Docker archives hold container images only. Export an OCI layout: crane pull --format=oci',
  });
}

/** Returns the manifest that the archive leaves out. */
async function createManifest(archive: Archive, listed: Listed, name: string): Promise<FetchedDocument> {
  const { document, descriptor } = await readConfig(archive, listed, name);
  const diffIds = diffIdsOf(document, name);
  if (diffIds.length !== listed.layers.length) {
    const state = `its config lists ${diffIds.length} layers, and ${ARCHIVE_FILE} ${listed.layers.length}`;
    throw imageError(name, 'invalid', { state, advice: 'Save the image again.' });
  }
  const layers = await addLayers(archive, listed, { name, diffIds });
  const manifest = { schemaVersion: 2, mediaType: DOCKER_MANIFEST, config: descriptor, layers };
  return standIn(manifest, DOCKER_MANIFEST);
}

function createImage(archive: Archive, listed: Listed): StoredImage {
  return {
    labels: listed.tags,
    references: listed.tags.flatMap((tag) => referenceOf(tag) ?? []),
    manifest: (name) => createManifest(archive, listed, name),
  };
}

function readList(document: unknown, fail: (state: string) => Error): readonly Listed[] {
  if (!Array.isArray(document)) throw fail('it is not a list of images');
  return (document as readonly (JsonObject | null)[]).map((item, index) => {
    const listed = readListed(item);
    if (listed === null) throw fail(`item ${index} has no Config or Layers`);
    return listed;
  });
}

/** Opens what `docker save`, podman, buildah and skopeo write. @throws AppError `unusable-image-file` */
export async function openDockerArchive(tree: FileTree): Promise<ImageFile> {
  const fail = (state: string): Error => imageFileError(tree.path, `${ARCHIVE_FILE}: ${state}`);
  const file = await tree.find(ARCHIVE_FILE);
  if (file === null) throw imageFileError(tree.path, `it has no ${ARCHIVE_FILE}`);
  const { document } = await readJson(file, null, fail);
  const archive: Archive = { tree, blobs: new Map() };
  return {
    path: tree.path,
    images: readList(document, fail).map((listed) => createImage(archive, listed)),
    findBlob: (digest) => Promise.resolve(archive.blobs.get(digest) ?? null),
    close: tree.close,
  };
}
