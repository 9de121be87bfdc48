import { readdirSync, readFileSync } from 'node:fs';
import type { ImageStore } from '../../../src/fake-registry/image-store.ts';
import type { PushedContent } from '../../../src/fake-registry/push-image.ts';
import type { Digest } from '../../../src/image/reference.ts';

const IMAGES = new URL('../../images/', import.meta.url);

/** The truth about a fixture image (test/images/README.md describes the fields). */
export interface Expectation {
  readonly name: string;
  readonly flavour: string;
  readonly what: string;
  readonly verdict: 'wasm' | 'container' | 'not-a-workload' | 'unknown';
  readonly shape: 'module' | 'component' | 'application' | null;
  readonly altVerdicts: readonly string[];
  readonly altShapes: readonly (string | null)[];
  readonly runsOn: readonly string[];
  readonly pulls: boolean;
  readonly note?: string;
  readonly digest: Digest;
  readonly mediaType: string;
}

export interface FixtureImage {
  readonly name: string;
  readonly expect: Expectation;
  /** A folder with an OCI image layout. */
  readonly folder: URL;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
}

function readJson(url: URL): unknown {
  return JSON.parse(readFileSync(url, 'utf8'));
}

function readBlob(image: FixtureImage, digest: string): Uint8Array {
  return readFileSync(new URL(`blobs/${digest.replace(':', '/')}`, image.folder));
}

/** Every fixture image, by name. */
export function loadFixtureImages(): readonly FixtureImage[] {
  return readdirSync(IMAGES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const folder = new URL(`${name}/`, IMAGES);
      return { name, folder, expect: readJson(new URL('expect.json', folder)) as Expectation };
    })
    .toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

/** Stores a manifest, after its children if it is an index, with the media types of their descriptors. */
function putTree(
  store: ImageStore,
  image: FixtureImage,
  { descriptor, repository, tag }: { descriptor: Descriptor; repository: string; tag: string | null },
): void {
  const bytes = readBlob(image, descriptor.digest);
  const { manifests = [] } = JSON.parse(Buffer.from(bytes).toString('utf8')) as {
    manifests?: readonly Descriptor[];
  };
  for (const child of manifests) putTree(store, image, { descriptor: child, repository, tag: null });
  store.putManifest(repository, tag, { bytes, mediaType: descriptor.mediaType });
}

/** Stores a layout's bytes, as the tool pushed them, as `repository:tag`. */
export function putFixtureImage(
  store: ImageStore,
  image: FixtureImage,
  name: string = `corpus/${image.name}:latest`,
): PushedContent {
  const [repository = '', tag = null] = name.split(':');
  for (const file of readdirSync(new URL('blobs/sha256/', image.folder))) {
    store.putBlob(repository, readBlob(image, `sha256:${file}`));
  }
  const index = readJson(new URL('index.json', image.folder)) as {
    readonly manifests: readonly PushedContent[];
  };
  const [top] = index.manifests;
  if (top === undefined) throw new Error(`Cannot load image "${image.name}": its index.json is empty`);
  putTree(store, image, { descriptor: top, repository, tag });
  return top;
}

/** Returns the first layer of an image that is no index, as the tool pushed it. */
export function readFixtureLayer(image: FixtureImage): Uint8Array {
  const manifest = JSON.parse(Buffer.from(readBlob(image, image.expect.digest)).toString('utf8')) as {
    readonly layers: readonly Descriptor[];
  };
  const [layer] = manifest.layers;
  if (layer === undefined) throw new Error(`Image "${image.name}" has no layers`);
  return readBlob(image, layer.digest);
}

/** Stores all fixture images: `startRegistry({ images: putFixtureImages })`. */
export function putFixtureImages(store: ImageStore): void {
  for (const image of loadFixtureImages()) putFixtureImage(store, image);
}
