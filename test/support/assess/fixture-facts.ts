import { createImageStore, type ImageStore } from '../../../src/fake-registry/image-store.ts';
import type { ImageFacts } from '../../../src/image/image-facts.ts';
import { type FixtureImage, putFixtureImage } from '../image/fixture-images.ts';
import { readStoredContents, readStoredFacts } from '../image/stored-facts.ts';

function storeOf(image: FixtureImage): { readonly store: ImageStore; readonly name: string } {
  const store = createImageStore();
  putFixtureImage(store, image);
  return { store, name: `corpus/${image.name}:latest` };
}

/** Reads a fixture image as `assess` would on a cluster of linux/amd64. */
export function readFixtureFacts(image: FixtureImage): Promise<ImageFacts> {
  const { store, name } = storeOf(image);
  return readStoredFacts(store, name);
}

/** Does the same, layers included. */
export function readFixtureContents(image: FixtureImage): Promise<ImageFacts> {
  const { store, name } = storeOf(image);
  return readStoredContents(store, name);
}
