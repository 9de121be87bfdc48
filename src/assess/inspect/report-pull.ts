import type { ImageFacts, ImageVariant, IndexOffer } from '../../image/image-facts.ts';
import { hasRootFileSystem } from '../../image/manifest.ts';
import {
  formatPlatform,
  isForeignOs,
  isPulledOn,
  isWasmPlatform,
  type Platform,
} from '../../image/platform.ts';
import { formatReference, type Reference } from '../../image/reference.ts';
import { flagsFor } from '../../policy/nodes/platform-flags.ts';

export interface PullReport {
  /** Null if the image is unknown. */
  readonly ok: boolean | null;
  /** What prevents the pull, or may. */
  readonly detail: string | null;
  /** A reference that does pull. */
  readonly insteadUse: string | null;
}

export const PULL_UNKNOWN: PullReport = { ok: null, detail: null, insteadUse: null };

/** Reports whether containerd 2.3 leaves the layers packed, as for any os but linux. Only creating the container then fails. */
function staysPacked({ manifest, config }: ImageVariant): boolean {
  return hasRootFileSystem(manifest) && isForeignOs(config.platform);
}

function riskOf({ variants }: ImageFacts, nodes: readonly Platform[]): string | null {
  const packed = variants.find(staysPacked);
  if (packed === undefined) return null;
  return (
    `containerd 2.3 and later does not unpack it (os ${packed.config.platform.os}): ` +
    `build it with ${flagsFor(nodes)}, or set use_local_image_pull = true on the nodes`
  );
}

/** Platforms listed on one line; the official images of Docker Hub offer nine at most. */
const MAX_PLATFORMS = 9;

function listPlatforms(platforms: readonly Platform[]): string {
  const names = [...new Set(platforms.map(formatPlatform))];
  const more = names.length > MAX_PLATFORMS ? ` and ${names.length - MAX_PLATFORMS} more` : '';
  return `${names.slice(0, MAX_PLATFORMS).join(', ')}${more}`;
}

/** Returns the entries that nodes pull. No node pulls one for Wasm, whatever the RuntimeClass. */
function takenFrom({ platforms }: IndexOffer): readonly Platform[] {
  return platforms.filter((platform) => !isWasmPlatform(platform));
}

/** Returns null if nodes of any platform may pull the image. */
function limitOf(offer: IndexOffer | undefined): IndexOffer | null {
  return offer === undefined || offer.isPartial ? null : offer;
}

/** Reports where the reference pulls, and which of the cluster's nodes cannot pull it. Null if any node may. */
function reportOffer(offer: IndexOffer | undefined, nodes: readonly Platform[]): PullReport | null {
  const limit = limitOf(offer);
  if (limit === null) return null;
  const taken = takenFrom(limit);
  const lacking = nodes.filter((node) => !taken.some((platform) => isPulledOn(platform, node)));
  if (lacking.length === 0) return { ok: true, detail: `on ${listPlatforms(taken)} only`, insteadUse: null };
  const detail = `on ${listPlatforms(taken)} only, and this cluster has nodes of ${listPlatforms(lacking)}: build it with ${flagsFor(nodes)}`;
  return { ok: lacking.length < nodes.length, detail, insteadUse: null };
}

function describeOffer(platforms: readonly Platform[]): string {
  const names = [...new Set(platforms.map(formatPlatform))].join(', ');
  const taken = platforms.find((platform) => platform.os === 'linux' && !isWasmPlatform(platform));
  if (taken !== undefined)
    return `nodes take another entry of its index, such as that for ${formatPlatform(taken)}`;
  return names === '' ? 'its index offers nothing' : `its index offers ${names}, which no node has`;
}

/** What `reportPull` checks the reference against. */
export interface PullContext {
  readonly facts: ImageFacts;
  /** Facts of the reference as written, which may be an index around the image. */
  readonly named: Pick<ImageFacts, 'pull' | 'offer'>;
  /** Platforms of the cluster's nodes; empty if unknown. */
  readonly nodes: readonly Platform[];
}

/** Reports whether nodes can pull the reference, and if not, which one to use instead. */
export function reportPull(reference: Reference, { facts, named, nodes }: PullContext): PullReport {
  const { pull, offer } = named;
  if (pull.ok) {
    const offered = reportOffer(offer, nodes);
    const risk = riskOf(facts, nodes);
    if (offered === null) return { ok: true, detail: risk, insteadUse: null };
    return risk === null ? offered : { ...offered, detail: `${offered.detail}; ${risk}` };
  }
  const byDigest = (digest: typeof facts.digest | null): string | null =>
    digest === null ? null : formatReference({ ...reference, tag: null, digest });
  switch (pull.cause) {
    case 'no-platform':
      return { ok: false, detail: describeOffer(pull.platforms), insteadUse: byDigest(pull.insteadUse) };
    case 'mixed-index': {
      const detail = 'its index has entries with and without a platform, which containerd cannot distinguish';
      return { ok: false, detail, insteadUse: byDigest(pull.insteadUse) };
    }
    case 'layer-mismatch': {
      const detail = 'its manifest and its config list different layers: build and push it again';
      return { ok: false, detail, insteadUse: null };
    }
  }
}

/** Describes the report for people: `yes`, `on linux/arm64 only`, or what prevents the pull; null if unknown. */
export function describePull({ ok, detail }: PullReport, { offer }: PullContext['named']): string | null {
  if (ok === null) return null;
  if (!ok) return `no: ${detail ?? ''}`;
  if (detail === null) return 'yes';
  return limitOf(offer) === null ? `yes, but ${detail}` : detail;
}
