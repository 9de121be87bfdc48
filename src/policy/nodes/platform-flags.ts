import { formatPlatform, type Platform } from '../../image/platform.ts';
import type { ClusterNode } from '../../pod/cluster-objects.ts';
import { nodeKinds, type NodeKind } from './node-kinds.ts';

/** Returns the platforms of these kinds of nodes without their variants, sorted, each once. */
export function platformsOfKinds(kinds: readonly NodeKind[]): readonly Platform[] {
  const known = kinds.flatMap(({ platform }) => (platform === null ? [] : { ...platform, variant: null }));
  const named = new Map(known.map((platform) => [formatPlatform(platform), platform]));
  return [...named].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, platform]) => platform);
}

/** Returns the platforms of these nodes. */
export function platformsOf(nodes: readonly ClusterNode[]): readonly Platform[] {
  return platformsOfKinds(nodeKinds(nodes));
}

/**
 * Returns the flags for `docker buildx build` with which these platforms pull and unpack the image. For one platform, they prevent
 * an index; several platforms need one.
 */
export function flagsFor(platforms: readonly Platform[]): string {
  const [first = 'linux/amd64', ...others] = platforms.map(formatPlatform);
  return others.length > 0
    ? `--platform ${[first, ...others].join(',')}`
    : `--platform ${first} --provenance=false --sbom=false`;
}

/** Returns these flags for the platforms of the nodes. */
export function platformFlags(nodes: readonly ClusterNode[]): string {
  return flagsFor(platformsOf(nodes));
}
