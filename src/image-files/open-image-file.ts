import { open, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileError } from '../files/read-text.ts';
import { ARCHIVE_FILE, openDockerArchive } from './docker-archive.ts';
import { openFolder, type FileTree } from './file-tree.ts';
import { imageFileError } from './image-file-error.ts';
import type { ImageFile } from './image-file.ts';
import { readHeadKind, type ImageLocation, type Transport } from './locate-image.ts';
import { LAYOUT_FILE, openOciLayout } from './oci-layout.ts';
import { openTar } from './open-tar.ts';

/** An opened file: images, or one Wasm file. */
export type OpenedFile =
  | { readonly kind: 'images'; readonly format: 'OCI layout' | 'docker archive'; readonly file: ImageFile }
  | { readonly kind: 'wasm'; readonly shape: 'module' | 'component'; readonly path: string };

type Opened = Extract<OpenedFile, { kind: 'images' }>;

async function openLayout(tree: FileTree): Promise<Opened> {
  return { kind: 'images', format: 'OCI layout', file: await openOciLayout(tree) };
}

async function openDocker(tree: FileTree): Promise<Opened> {
  return { kind: 'images', format: 'docker archive', file: await openDockerArchive(tree) };
}

/** Opens a tree by what it holds. An archive of docker 25 and later holds both: its layout has the real digests. */
async function openTree(tree: FileTree, transport: Transport | null): Promise<Opened> {
  const { path } = tree;
  const hasLayout = (await tree.find(LAYOUT_FILE)) !== null;
  if (transport === 'docker-archive') return openDocker(tree);
  if (hasLayout) return openLayout(tree);
  if (transport !== null)
    throw imageFileError(path, `it is not an OCI layout: it has no ${LAYOUT_FILE} file`);
  if ((await tree.find(ARCHIVE_FILE)) !== null) return openDocker(tree);
  throw imageFileError(
    path,
    `it is neither an OCI layout (${LAYOUT_FILE}) nor a docker archive (${ARCHIVE_FILE})`,
  );
}

async function openArchive(path: string, transport: Transport | null, signal: AbortSignal): Promise<Opened> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    return await openTree(await openTar({ path, handle, size, signal }), transport);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openAny(
  { path, transport }: Pick<ImageLocation, 'path' | 'transport'>,
  signal: AbortSignal,
): Promise<OpenedFile> {
  if ((await stat(path)).isDirectory()) {
    if (transport === null || transport === 'oci') return openTree(await openFolder(path), 'oci');
    throw imageFileError(path, `it is a folder, and ${transport}: takes an archive`);
  }
  const kind = await readHeadKind(path);
  if (kind === 'tar') return openArchive(path, transport, signal);
  if (kind === 'packed') {
    throw imageFileError(path, 'it is compressed, and wasmgate reads archives in place', {
      advice: 'Decompress it first, such as: gunzip FILE',
    });
  }
  if (kind === 'text' || (kind === 'other' && extname(path) === '.wat')) {
    throw imageFileError(path, 'it is WebAssembly text, which no handler runs', {
      advice: 'Compile it, such as: wat2wasm FILE, or wasm-tools parse FILE -o app.wasm',
    });
  }
  if ((kind === 'module' || kind === 'component') && transport === null)
    return { kind: 'wasm', shape: kind, path };
  throw imageFileError(
    path,
    'it is neither an OCI layout, nor a tar archive of one, nor a docker archive, nor a Wasm file',
  );
}

/**
 * Opens a file or folder with images, or a Wasm file. Its `close` must be called.
 * @throws AppError `unusable-image-file`, and those of files that cannot be read
 */
export async function openImageFile(
  location: Pick<ImageLocation, 'path' | 'transport'>,
  signal: AbortSignal,
): Promise<OpenedFile> {
  try {
    return await openAny(location, signal);
  } catch (error) {
    throw fileError({ path: location.path }, error);
  }
}
