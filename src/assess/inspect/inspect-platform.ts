import { offerOf } from '../../image/choose-children.ts';
import type { ImageFacts, PullOutlook } from '../../image/image-facts.ts';
import { parseManifest, type Descriptor, type ImageIndex } from '../../image/manifest.ts';
import { formatPlatform, isUnknownPlatform, isWasmPlatform, type Platform } from '../../image/platform.ts';
import { formatReference, type Reference } from '../../image/reference.ts';
import { inspectImage, type Inspection } from '../../images/inspect-image.ts';
import type { FetchedDocument, RegistryPort } from '../../images/ports.ts';
import { AppError } from '../../lib/errors.ts';

export type InspectPlatformErrorCode = 'no-entry';

export interface PlatformInspection extends Inspection {
  /** Of the entry to look at; a variant that it leaves out may be any. */
  readonly platform: Platform;
}

/** Null where it is no index, or none that can be read: what is wrong with it is told by whoever reads it next. */
function indexOf({ document, mediaType }: FetchedDocument): ImageIndex | null {
  try {
    const manifest = parseManifest(document, mediaType);
    return manifest.kind === 'index' ? manifest : null;
  } catch {
    return null;
  }
}

/** The registry, which is not asked again for what is at hand. */
function withManifest(registry: RegistryPort, of: Reference, known: FetchedDocument): RegistryPort {
  return {
    ...registry,
    fetchManifest: (reference, options) =>
      reference === of ? Promise.resolve(known) : registry.fetchManifest(reference, options),
  };
}

function platformsOf({ manifests }: ImageIndex): readonly Platform[] {
  return manifests.flatMap(({ platform }) =>
    platform === null || isUnknownPlatform(platform) ? [] : [platform],
  );
}

function isFor({ platform }: Descriptor, wanted: Platform): boolean {
  if (platform === null) return false;
  const { os, architecture, variant } = platform;
  const isSame = os === wanted.os && architecture === wanted.architecture;
  return isSame && (wanted.variant === null || wanted.variant === variant);
}

/** What a reference names, and what stands behind it for a platform. */
export interface NamedImage {
  /** Of the reference itself: the index's, where it is one. */
  readonly named: Pick<ImageFacts, 'digest' | 'mediaType' | 'pull' | 'offer'>;
  readonly facts: ImageFacts;
}

/** A node takes the entry for its own platform; any other must be named by its digest. */
function outlookOf(entry: Descriptor, index: ImageIndex, found: PullOutlook): PullOutlook {
  const isTaken = entry.platform?.os === 'linux' && !isWasmPlatform(entry.platform);
  if (isTaken || !found.ok) return found;
  return { ok: false, cause: 'no-platform', platforms: platformsOf(index), insteadUse: entry.digest };
}

/**
 * As `inspectImage`, of the entry of an index that is for this platform. A single manifest is taken whatever it is for, as
 * nodes do.
 * @throws RegistryFailure, and AppError `no-entry` where the index has none for the platform
 */
export async function inspectPlatform(
  registry: RegistryPort,
  { platform, ...inspection }: PlatformInspection,
): Promise<NamedImage> {
  const { reference } = inspection;
  const top = await registry.fetchManifest(reference, inspection);
  const index = indexOf(top);
  const offered = index === null ? [] : platformsOf(index);
  // Entries that name no platform are chosen by their configs.
  if (index === null || offered.length === 0) {
    const facts = await inspectImage(withManifest(registry, reference, top), inspection);
    return { named: facts, facts };
  }
  const entry = index.manifests.find((candidate) => isFor(candidate, platform));
  if (entry === undefined) {
    const names = [...new Set(offered.map(formatPlatform))].join(', ');
    throw new AppError<InspectPlatformErrorCode>(
      'no-entry',
      `Cannot inspect image "${formatReference(reference)}": its index has no entry for ${formatPlatform(platform)}, only for ${names}`,
      { advice: `Name one of these: --platform ${offered.map(formatPlatform)[0] ?? ''}` },
    );
  }
  const named = { ...reference, tag: null, digest: entry.digest };
  const facts = await inspectImage(registry, { ...inspection, reference: named });
  const pull = outlookOf(entry, index, facts.pull);
  const { digest } = top;
  return { named: { digest, mediaType: index.mediaType, pull, offer: offerOf(index) }, facts };
}
