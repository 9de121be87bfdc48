import { Readable } from 'node:stream';
import type { ImageStore } from '../../../src/fake-registry/image-store.ts';
import type { ImageFacts } from '../../../src/image/image-facts.ts';
import { parseReference, type Reference } from '../../../src/image/reference.ts';
import { inspectImage } from '../../../src/images/inspect-image.ts';
import { createPeekImage } from '../../../src/images/peek-image.ts';
import type { FetchedDocument, RegistryPort } from '../../../src/images/ports.ts';
import { inflate } from '../../../src/lib/inflate.ts';

const HOST = 'registry.example';

/** Returns a registry that serves a store without a network. */
function storeRegistry(store: ImageStore): RegistryPort {
  const manifestOf = ({ repository, tag, digest }: Reference) => {
    const found = store.manifest(repository, digest ?? tag ?? '');
    if (found === undefined) throw new Error(`The store has no "${repository}" of ${digest ?? tag}`);
    return found;
  };
  const blobOf = ({ repository }: Reference, digest: string): Uint8Array => {
    const found = store.blob(repository, digest);
    if (found === undefined) throw new Error(`The store has no blob ${digest} of "${repository}"`);
    return found;
  };
  const parse = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString('utf8'));
  return {
    fetchManifest: async (reference): Promise<FetchedDocument> => {
      const { bytes, mediaType, digest } = manifestOf(reference);
      return { document: parse(bytes), mediaType, digest };
    },
    fetchJsonBlob: async (reference, { digest }): Promise<FetchedDocument> => ({
      document: parse(blobOf(reference, digest)),
      mediaType: '',
      digest,
    }),
    readLayer: (reference, { layer, maxInflatedBytes, read }) => {
      const bytes = Readable.from([Buffer.from(blobOf(reference, layer.digest))]);
      return read(maxInflatedBytes === null ? bytes : inflate(bytes));
    },
    resolveDigest: async (reference) => manifestOf(reference).digest,
    isUnreachable: () => false,
  };
}

function requestFor(name: string) {
  return {
    reference: parseReference(`${HOST}/${name}`),
    credentials: [],
    tenant: 'team-a',
    signal: AbortSignal.timeout(60_000),
  };
}

/**
 * Reads an image as `assess` would on a cluster of linux/amd64.
 * @param name `repository:tag`
 */
export function readStoredFacts(store: ImageStore, name: string): Promise<ImageFacts> {
  return inspectImage(storeRegistry(store), { ...requestFor(name), architectures: ['amd64'] });
}

/** Does the same, layers included. `command` is the container's, over the image's own. */
export async function readStoredContents(
  store: ImageStore,
  name: string,
  command?: readonly string[],
): Promise<ImageFacts> {
  const peek = createPeekImage({ registry: storeRegistry(store) });
  const facts = await readStoredFacts(store, name);
  const override = command === undefined ? {} : { command };
  return peek({ ...requestFor(name), facts, override, scope: 'sign' });
}
