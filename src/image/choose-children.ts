import type { IndexOffer } from './image-facts.ts';
import type { Descriptor, ImageIndex } from './manifest.ts';
import { formatPlatform, isUnknownPlatform, isWasmPlatform, type Platform } from './platform.ts';

/**
 * Which entries of an index a node would follow (containerd core/images/handlers.go; tried on 2.2 and 2.3):
 * `linux`: entries for Linux nodes, one per architecture · `unstated`: entries without a platform, which are followed but
 * pull only if the platform in their config fits · `other`: entries for other systems than Linux and Wasm, which some node
 * may have · `wasm`: nothing but Wasm platforms, which no node has · `none`: nothing to run, only what speaks of images.
 */
export interface ChildChoice {
  readonly kind: 'linux' | 'unstated' | 'other' | 'wasm' | 'none';
  /** In the order to look at them. */
  readonly children: readonly Descriptor[];
  /** The platforms that the index offers, each once and no more than are kept. */
  readonly platforms: readonly Platform[];
}

/** Where the nodes are unknown: the architectures of nearly every cluster, and only the first one that is there. */
const USUAL_ARCHITECTURES: readonly string[] = ['amd64', 'arm64'];

const DEFAULTS = {
  /** Platforms kept of one index; the official images of Docker Hub list nine at most. */
  platforms: 64,
} as const;

/** BuildKit's mark on provenance and SBOM entries. */
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

/** The entry for Wasm that stands beside those for Linux: no node takes it, whatever the RuntimeClass; undefined where none does. */
export function findUntakenWasm({ kind }: ChildChoice, { manifests }: ImageIndex): Descriptor | undefined {
  if (kind !== 'linux') return undefined;
  return manifests.find(({ platform }) => platform !== null && isWasmPlatform(platform));
}

/** @param architectures of the nodes that could take the image, most wanted first; empty where unknown */
export function chooseChildren(index: ImageIndex, architectures: readonly string[]): ChildChoice {
  const images = index.manifests.filter((entry) => !isAttestation(entry));
  const platforms = distinctPlatforms(images).slice(0, DEFAULTS.platforms);
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
  const isPartial = platforms.length > DEFAULTS.platforms || images.some(({ platform }) => platform === null);
  return { platforms: platforms.slice(0, DEFAULTS.platforms), isPartial };
}
