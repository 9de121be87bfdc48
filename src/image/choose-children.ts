import type { IndexOffer } from './image-facts.ts';
import type { Descriptor, ImageIndex } from './manifest.ts';
import { formatPlatform, isUnknownPlatform, isWasmPlatform, type Platform } from './platform.ts';

/**
 * The entries of an index that a node follows (containerd core/images/handlers.go; verified with 2.2 and 2.3):
 * `linux`: entries for Linux nodes, one per architecture · `unstated`: entries without a platform, which pull only if the
 * platform in their config fits · `other`: entries for operating systems other than Linux and Wasm, which a node may have ·
 * `wasm`: only Wasm platforms, which no node has · `none`: nothing to run, only attestations.
 */
export interface ChildChoice {
  readonly kind: 'linux' | 'unstated' | 'other' | 'wasm' | 'none';
  /** In the order in which to read them. */
  readonly children: readonly Descriptor[];
  /** The platforms that the index offers, each once, up to a limit. */
  readonly platforms: readonly Platform[];
}

/** Used if the nodes are unknown: the architectures of nearly every cluster, of which the first match counts. */
const USUAL_ARCHITECTURES: readonly string[] = ['amd64', 'arm64'];

/** Platforms kept of an index; the official images of Docker Hub list at most nine. */
const MAX_PLATFORMS = 64;

/** Annotation by which BuildKit marks provenance and SBOM entries. */
const REFERENCE_TYPE = 'vnd.docker.reference.type';

function isAttestation(entry: Descriptor): boolean {
  return (
    entry.annotations.has(REFERENCE_TYPE) || (entry.platform !== null && isUnknownPlatform(entry.platform))
  );
}

function distinct(entries: readonly Descriptor[]): readonly Descriptor[] {
  return [...new Map(entries.map((entry) => [entry.digest, entry])).values()];
}

function distinctPlatforms(entries: readonly Descriptor[]): readonly Platform[] {
  const stated = entries.flatMap(({ platform }) => platform ?? []);
  return [...new Map(stated.map((platform) => [formatPlatform(platform), platform])).values()];
}

function chooseLinux(linux: readonly Descriptor[], architectures: readonly string[]): readonly Descriptor[] {
  const wanted = architectures.length > 0 ? architectures : USUAL_ARCHITECTURES;
  const found = wanted.flatMap(
    (architecture) => linux.find((entry) => entry.platform?.architecture === architecture) ?? [],
  );
  if (found.length === 0) return linux.slice(0, 1);
  return architectures.length > 0 ? distinct(found) : found.slice(0, 1);
}

/** Returns the Wasm entry beside entries for Linux, which no node pulls, whatever the RuntimeClass. */
export function findUntakenWasm({ kind }: ChildChoice, { manifests }: ImageIndex): Descriptor | undefined {
  if (kind !== 'linux') return undefined;
  return manifests.find(({ platform }) => platform !== null && isWasmPlatform(platform));
}

/** @param architectures of the nodes that could pull the image, preferred first; empty if unknown */
export function chooseChildren(index: ImageIndex, architectures: readonly string[]): ChildChoice {
  const images = index.manifests.filter((entry) => !isAttestation(entry));
  const platforms = distinctPlatforms(images).slice(0, MAX_PLATFORMS);
  const linux = images.filter(({ platform }) => platform?.os === 'linux' && !isWasmPlatform(platform));
  if (linux.length > 0) return { kind: 'linux', children: chooseLinux(linux, architectures), platforms };
  const unstated = images.filter((entry) => entry.platform === null);
  if (unstated.length > 0) return { kind: 'unstated', children: distinct(unstated), platforms };
  const other = images.filter(({ platform }) => platform !== null && !isWasmPlatform(platform));
  if (other.length > 0) return { kind: 'other', children: other.slice(0, 1), platforms };
  if (images.length > 0) return { kind: 'wasm', children: images.slice(0, 1), platforms };
  return { kind: 'none', children: index.manifests.slice(0, 1), platforms };
}

/** Returns the platforms for which an index holds images. */
export function offerOf(index: ImageIndex): IndexOffer {
  const images = index.manifests.filter((entry) => !isAttestation(entry));
  const platforms = distinctPlatforms(images);
  const isPartial = platforms.length > MAX_PLATFORMS || images.some(({ platform }) => platform === null);
  return { platforms: platforms.slice(0, MAX_PLATFORMS), isPartial };
}
