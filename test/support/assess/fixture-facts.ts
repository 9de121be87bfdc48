import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { ImageFacts } from '../../../src/image/image-facts.ts';
import { type Digest, parseReference } from '../../../src/image/reference.ts';
import { inspectImage } from '../../../src/images/inspect-image.ts';
import { createPeekImage } from '../../../src/images/peek-image.ts';
import type { FetchedDocument, RegistryPort } from '../../../src/images/ports.ts';
import { inflate } from '../../../src/lib/inflate.ts';
import type { FixtureImage } from '../image/fixture-images.ts';

/** Returns a registry that serves one fixture image from its folder, without a network. */
function folderRegistry({ folder, expect }: FixtureImage): RegistryPort {
  const readBlob = (digest: Digest): Buffer =>
    readFileSync(new URL(`blobs/${digest.replace(':', '/')}`, folder));
  const read = (digest: Digest, mediaType: string): FetchedDocument => {
    return { document: JSON.parse(readBlob(digest).toString('utf8')), mediaType, digest };
  };
  const top = expect.digest;
  return {
    fetchManifest: ({ digest }) =>
      Promise.resolve(digest === null || digest === top ? read(top, expect.mediaType) : read(digest, '')),
    fetchJsonBlob: (_reference, { digest }) => Promise.resolve(read(digest, '')),
    readLayer: (_reference, { layer, maxInflatedBytes, read: consume }) => {
      const bytes = Readable.from([readBlob(layer.digest)]);
      return consume(maxInflatedBytes === null ? bytes : inflate(bytes));
    },
    resolveDigest: () => Promise.resolve(top),
    isUnreachable: () => false,
  };
}

function requestFor(image: FixtureImage) {
  return {
    reference: parseReference(`registry.example/${image.name}:latest`),
    credentials: [],
    tenant: 'team-a',
    signal: AbortSignal.timeout(60_000),
  };
}

/** Reads a fixture image as `assess` would on a cluster of linux/amd64. */
export function readFixtureFacts(image: FixtureImage): Promise<ImageFacts> {
  return inspectImage(folderRegistry(image), { ...requestFor(image), architectures: ['amd64'] });
}

/** Does the same, layers included. */
export async function readFixtureContents(image: FixtureImage): Promise<ImageFacts> {
  const peek = createPeekImage({ registry: folderRegistry(image) });
  const facts = await readFixtureFacts(image);
  return peek({ ...requestFor(image), facts, override: {}, scope: 'sign' });
}
