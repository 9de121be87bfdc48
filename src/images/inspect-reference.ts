import type { CommandOverride } from '../detect/effective-command.ts';
import { offerOf } from '../image/choose-children.ts';
import type { ImageFacts, PullOutlook } from '../image/image-facts.ts';
import { parseManifest, type Descriptor, type ImageIndex } from '../image/manifest.ts';
import { formatPlatform, isUnknownPlatform, isWasmPlatform, type Platform } from '../image/platform.ts';
import { formatReference, type Reference } from '../image/reference.ts';
import { AppError } from '../lib/errors.ts';
import { asFailure, type ImageFailure } from './image-result.ts';
import { inspectImage, type Inspection } from './inspect-image.ts';
import type { PeekImage } from './peek-image.ts';
import type { FetchedDocument, RegistryPort } from './ports.ts';

/** The document that a reference names, and the image behind it for a platform. */
export interface NamedImage {
  /** Facts of what the reference names, which may be an index. */
  readonly named: Pick<ImageFacts, 'digest' | 'isStandIn' | 'mediaType' | 'pull' | 'offer'>;
  readonly facts: ImageFacts;
}

export interface InspectedReference {
  readonly kind: 'inspected';
  readonly image: NamedImage;
  /** Why the layers could not be read; null if they were, or need not be. */
  readonly note: string | null;
}

export interface ReferenceInspection extends Omit<Inspection, 'architectures'> {
  /** Selects the entry of an index; null selects the entries that these nodes, or nodes of usual architectures, would pull. */
  readonly platform: Platform | null;
  readonly override: CommandOverride;
  /** Platforms of the cluster's nodes; empty if unknown. */
  readonly nodes: readonly Platform[];
}

interface InspectDeps {
  readonly registry: RegistryPort;
  /** Null leaves the layers unread. */
  readonly peek: PeekImage | null;
}

/** Returns null for anything but a readable index; the next reader reports errors. */
function indexOf({ document, mediaType }: FetchedDocument): ImageIndex | null {
  try {
    const manifest = parseManifest(document, mediaType);
    return manifest.kind === 'index' ? manifest : null;
  } catch {
    return null;
  }
}

/** Returns a registry that does not fetch this manifest again. */
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

/** Reports whether the entry is for the platform. If that names no variant, any matches. */
function isFor({ platform }: Descriptor, wanted: Platform): boolean {
  if (platform === null) return false;
  const { os, architecture, variant } = platform;
  const isSame = os === wanted.os && architecture === wanted.architecture;
  return isSame && (wanted.variant === null || wanted.variant === variant);
}

/** Returns whether nodes pull this entry: one for their own platform. Any other must be named by its digest. */
function outlookOf(entry: Descriptor, index: ImageIndex, found: PullOutlook): PullOutlook {
  const isTaken = entry.platform?.os === 'linux' && !isWasmPlatform(entry.platform);
  if (isTaken || !found.ok) return found;
  return { ok: false, cause: 'no-platform', platforms: platformsOf(index), insteadUse: entry.digest };
}

async function inspectAny(registry: RegistryPort, inspection: Inspection): Promise<NamedImage> {
  const facts = await inspectImage(registry, inspection);
  return { named: facts, facts };
}

/**
 * Inspects the entry of an index for this platform. A single manifest counts for any platform, as on nodes.
 * @throws RegistryFailure, and AppError `no-entry` if the index has no entry for the platform
 */
async function inspectPlatform(
  registry: RegistryPort,
  platform: Platform,
  options: Omit<Inspection, 'architectures'>,
): Promise<NamedImage> {
  const inspection = { ...options, architectures: [platform.architecture] };
  const { reference, name = formatReference(reference) } = inspection;
  const top = await registry.fetchManifest(reference, inspection);
  const index = indexOf(top);
  const offered = index === null ? [] : platformsOf(index);
  // Entries that name no platform are chosen by their configs.
  if (index === null || offered.length === 0)
    return inspectAny(withManifest(registry, reference, top), inspection);
  const entry = index.manifests.find((candidate) => isFor(candidate, platform));
  if (entry === undefined) {
    const names = [...new Set(offered.map(formatPlatform))].join(', ');
    throw new AppError<'no-entry'>(
      'no-entry',
      `Cannot inspect image "${name}": its index has no entry for ${formatPlatform(platform)}, only for ${names}`,
      { advice: `Name one of these: --platform ${offered.map(formatPlatform)[0] ?? ''}` },
    );
  }
  const named = { ...reference, tag: null, digest: entry.digest };
  const facts = await inspectImage(registry, { ...inspection, reference: named });
  const pull = outlookOf(entry, index, facts.pull);
  const { digest, isStandIn = false } = top;
  return { named: { digest, isStandIn, mediaType: index.mediaType, pull, offer: offerOf(index) }, facts };
}

/** Converts an error, without the registry client's advice, which is for operators; `inspect` has its own. */
function asInspectFailure(error: unknown): ImageFailure {
  if (error instanceof AppError && error.code === 'no-entry')
    return { kind: 'failure', reason: 'not-found', detail: error.message, advice: error.advice };
  const isRegistrys = error instanceof Error && 'host' in error;
  return isRegistrys ? { ...asFailure(error), advice: null } : asFailure(error);
}

/** Inspects one image as the webhook would, layers included. Returns failures of the registry or the network, never throws them. */
export async function inspectReference(
  { registry, peek }: InspectDeps,
  { platform, override, nodes, ...options }: ReferenceInspection,
): Promise<InspectedReference | ImageFailure> {
  let image: NamedImage;
  try {
    const architectures = [...new Set(nodes.map(({ architecture }) => architecture))];
    image =
      platform === null
        ? await inspectAny(registry, { ...options, architectures })
        : await inspectPlatform(registry, platform, options);
  } catch (error) {
    return asInspectFailure(error);
  }
  if (peek === null) return { kind: 'inspected', image, note: null };
  try {
    // Like the webhook, it reads no layers of an image without a sign of Wasm: such an image costs two requests.
    const facts = await peek({ ...options, facts: image.facts, override, scope: 'sign' });
    return { kind: 'inspected', image: { ...image, facts }, note: null };
  } catch (error) {
    // The manifest's facts remain valid.
    return { kind: 'inspected', image, note: asFailure(error).detail };
  }
}
