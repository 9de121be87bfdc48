import { readFile } from 'node:fs/promises';
import type { NodePrograms } from '../programs/find-node-programs.ts';
import { faultImages } from './fault-images.ts';
import type { ImageFiles, ImageTable } from './image-table.ts';
import type { MakeImage } from './oci-image.ts';
import { pushImages } from './push-images.ts';
import { workloadImages } from './workload-images.ts';

const TABLES: readonly ImageTable[] = [workloadImages, faultImages];

/** Paths of what images hold. */
type ImagePrograms = Pick<NodePrograms, 'pause' | 'busybox' | 'modules'>;

async function readFiles({ pause, busybox, modules }: ImagePrograms): Promise<ImageFiles> {
  return {
    pause: await readFile(pause),
    busybox: await readFile(busybox),
    hello: await readFile(modules.hello),
    http: await readFile(modules.http),
    exit3: await readFile(modules.exit3),
    big: await readFile(modules.big),
    component: await readFile(modules.component),
  };
}

/** Names an image of the node's registry: `nodeImage(registry, 'pause')`. */
export function nodeImage(registry: string, name: string): string {
  return `${registry}/${repositoryAndTag(name)}`;
}

function repositoryAndTag(name: string): string {
  return `node/${name}:1`;
}

/** Returns all images of the suite with their names. */
export function nodeImages(files: ImageFiles): readonly (readonly [name: string, make: MakeImage])[] {
  return TABLES.flatMap((table) => Object.entries(table(files)));
}

/**
 * Pushes all images of the suite to the node's registry.
 * @param registry `HOST:PORT`, plain HTTP
 */
export async function pushNodeImages(registry: string, programs: ImagePrograms): Promise<void> {
  const images = nodeImages(await readFiles(programs));
  const named = images.map(([name, make]) => [repositoryAndTag(name), make] as const);
  await pushImages(registry, Object.fromEntries(named));
}
