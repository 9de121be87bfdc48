import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import type { Platform } from './options.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An image of a layout. */
export interface LayoutImage {
  readonly platform: Platform;
  readonly digest: string;
  /** Files of its layers, lowest first. */
  readonly layers: readonly string[];
  /** Bytes that a node downloads. */
  readonly compressed: number;
  /** Bytes of the layers, unpacked. */
  readonly uncompressed: number;
}

function blobFile(layout: string, digest: string): string {
  return join(layout, 'blobs', ...digest.split(':'));
}

async function readJson<Shape>(file: string): Promise<Shape> {
  return JSON.parse(await readFile(file, 'utf8')) as Shape;
}

function readIndex(layout: string): Promise<{ readonly manifests: readonly Descriptor[] }> {
  return readJson(join(layout, 'index.json'));
}

/**
 * Reads an image that was pushed to the layout under a tag.
 * @throws Error if it is one of another platform
 */
export async function readImage(layout: string, tag: string, platform: Platform): Promise<LayoutImage> {
  const { manifests } = await readIndex(layout);
  const pushed = manifests.find(
    ({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] === tag,
  );
  if (pushed === undefined) throw new Error(`the layout ${layout} has no tag ${tag}`);
  const manifest = await readJson<{ config: Descriptor; layers: readonly Descriptor[] }>(
    blobFile(layout, pushed.digest),
  );
  const config = await readJson<{ os: string; architecture: string }>(
    blobFile(layout, manifest.config.digest),
  );
  const found = `${config.os}/${config.architecture}`;
  if (found !== platform) throw new Error(`the image for ${platform} is one for ${found}`);
  const layers = manifest.layers.map(({ digest }) => blobFile(layout, digest));
  const sizes = await Promise.all(layers.map(unpackedSize));
  return {
    platform,
    digest: pushed.digest,
    layers,
    compressed: sum([manifest.config.size, ...manifest.layers.map(({ size }) => size)]),
    uncompressed: sum(sizes),
  };
}

async function unpackedSize(layer: string): Promise<number> {
  let size = 0;
  for await (const chunk of createReadStream(layer).pipe(createGunzip())) size += (chunk as Buffer).length;
  return size;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/**
 * Joins the layout's images into one index, the only thing that the layout then names; returns its digest. buildah would write
 * an index without annotations, and registries show those of the index.
 */
export async function joinImages(
  layout: string,
  images: readonly LayoutImage[],
  { tag, annotations }: { readonly tag: string; readonly annotations: Readonly<Record<string, string>> },
): Promise<string> {
  const { manifests } = await readIndex(layout);
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: INDEX,
    manifests: images.map(({ digest, platform }) => {
      const [os, architecture] = platform.split('/');
      const size = manifests.find((manifest) => manifest.digest === digest)?.size;
      return { mediaType: MANIFEST, digest, size, platform: { architecture, os } };
    }),
    annotations,
  });
  const digest = `sha256:${createHash('sha256').update(index).digest('hex')}`;
  await writeFile(blobFile(layout, digest), index);
  const named = {
    mediaType: INDEX,
    digest,
    size: Buffer.byteLength(index),
    annotations: { 'org.opencontainers.image.ref.name': tag },
  };
  await writeFile(
    join(layout, 'index.json'),
    JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [named] }),
  );
  return digest;
}
