import type { Digest } from '../image/reference.ts';
import type { FetchedDocument, LayerReadRequest, RegistryPort } from '../images/ports.ts';
import { AppError } from '../lib/errors.ts';
import { readHead, type HeadOptions } from '../lib/read-head.ts';
import { imageError } from './image-file-error.ts';
import { readJson, type Blob, type ImageFile, type StoredImage } from './image-file.ts';

/** An image of a file, under the name that messages give it. */
interface NamedImage {
  readonly file: Pick<ImageFile, 'findBlob'>;
  readonly image: StoredImage;
  readonly name: string;
}

function faultsOf(name: string, digest: Digest): HeadOptions['faults'] {
  return {
    mismatch: (actual) =>
      imageError(name, 'invalid', { state: `layer ${digest}: its content has the digest ${actual}` }),
    broken: (why) => imageError(name, 'invalid', { state: `layer ${digest} cannot be decompressed: ${why}` }),
  };
}

/** Reads an image of a file as if a registry had it. Any reference without a digest means this image. */
export function createFileRegistry({ file, image, name }: NamedImage): RegistryPort {
  async function findBlob(digest: Digest): Promise<Blob> {
    const blob = await file.findBlob(digest);
    if (blob !== null) return blob;
    throw imageError(name, 'not-found', {
      state: `it refers to ${digest}, which is not in the file`,
      advice: 'Export the image again with all its parts: all platforms of an index, and its layers.',
    });
  }

  async function readDocument(digest: Digest, mediaType: string): Promise<FetchedDocument> {
    const fail = (state: string, reason: 'invalid' | 'too-large'): Error =>
      imageError(name, reason, { state: `${digest}: ${state}` });
    const { document } = await readJson(await findBlob(digest), digest, fail);
    return { document, mediaType, digest };
  }

  async function readManifest(): Promise<FetchedDocument> {
    const { manifest } = image;
    if (typeof manifest === 'function') return manifest(name);
    return readDocument(manifest.digest, manifest.mediaType);
  }

  async function readLayer<Result>({
    layer,
    maxBytes,
    maxInflatedBytes,
    read,
  }: LayerReadRequest<Result>): Promise<Result> {
    const blob = await findBlob(layer.digest);
    const isWhole = layer.size <= maxBytes;
    // One more byte shows that the layer is larger than stated.
    const source = blob.read(isWhole ? layer.size + 1 : maxBytes);
    const digest = isWhole ? blob.storedDigest : null;
    return read(readHead(source, { digest, maxInflatedBytes, faults: faultsOf(name, layer.digest) }));
  }

  /** Converts the errors of single files, such as links out of a layout, into those of an image. */
  async function reading<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof AppError) || error.blame !== 'input') throw error;
      const { message: state, advice } = error;
      throw imageError(name, 'invalid', advice === null ? { state } : { state, advice });
    }
  }

  return {
    fetchManifest: ({ digest }) =>
      reading(() => (digest === null ? readManifest() : readDocument(digest, ''))),
    fetchJsonBlob: (_reference, { digest }) => reading(() => readDocument(digest, '')),
    readLayer: (_reference, request) => reading(() => readLayer(request)),
    resolveDigest: async ({ digest }) => digest ?? (await reading(readManifest)).digest,
    isUnreachable: () => false,
  };
}
