import type { HandlerProfile } from './handler-profiles.ts';
import { compareReleases } from './handler-release.ts';

/** AKS mapped `spin` to an old shim, K3s maps it to today's: a handler without a version stands between the two. */
function rank(profile: HandlerProfile | null): number {
  if (profile === null || profile.release === null) return 1;
  return compareReleases(profile.release, profile.releases.today) < 0 ? 2 : 0;
}

/**
 * Compares handlers that run a Pod alike, for sorting: newer releases first, a handler that names no release behind those of
 * today and before older ones. Releases of different shims say nothing about each other; they are sorted by the shim, so
 * that the order is the same whatever the classes are called. 0 where neither names a release.
 */
export function compareHandlerVersions(left: HandlerProfile | null, right: HandlerProfile | null): number {
  const difference = rank(left) - rank(right);
  if (difference !== 0 || !left?.release || !right?.release) return difference;
  if (left.name !== right.name) return left.name < right.name ? -1 : 1;
  return compareReleases(right.release, left.release);
}
