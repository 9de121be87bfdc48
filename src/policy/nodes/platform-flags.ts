import { formatPlatform } from '../../image/platform.ts';
import type { ClusterNode } from '../../pod/cluster-objects.ts';
import { nodeKinds } from './node-kind.ts';

/** Returns the platforms of these nodes, sorted, each once: `linux/amd64`. */
export function platformsOf(nodes: readonly ClusterNode[]): readonly string[] {
  const known = nodeKinds(nodes).flatMap(({ platform }) => platform ?? []);
  return [...new Set(known.map((platform) => formatPlatform({ ...platform, variant: null })))].toSorted();
}

/**
 * Writes what to give `docker buildx build` so that these platforms pull and unpack the image. For one platform the flags
 * keep buildx from wrapping the image into an index; nodes of several platforms need the index.
 */
export function flagsFor(platforms: readonly string[]): string {
  const [first = 'linux/amd64', ...others] = platforms;
  return others.length > 0
    ? `--platform ${platforms.join(',')}`
    : `--platform ${first} --provenance=false --sbom=false`;
}

/** Writes these flags for the nodes that could take a Pod. */
export function platformFlags(nodes: readonly ClusterNode[]): string {
  return flagsFor(platformsOf(nodes));
}
