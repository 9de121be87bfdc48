import type { ImageFacts, ImageVariant, PullOutlook } from '../../image/image-facts.ts';
import { hasRootFileSystem } from '../../image/manifest.ts';
import { formatPlatform, isForeignOs, isWasmPlatform, type Platform } from '../../image/platform.ts';
import { formatReference, type Reference } from '../../image/reference.ts';

export interface PullReport {
  /** Null where nothing is known of the image. */
  readonly ok: boolean | null;
  /** What is in the way, or may be. */
  readonly detail: string | null;
  /** The reference that does pull. */
  readonly insteadUse: string | null;
}

export const PULL_UNKNOWN: PullReport = { ok: null, detail: null, insteadUse: null };

/** containerd 2.3 unpacks layers for linux only; what is wrong then shows when the container is made, not at the pull. */
function staysPacked({ manifest, config }: ImageVariant): boolean {
  return hasRootFileSystem(manifest) && isForeignOs(config.platform);
}

function riskOf({ variants }: ImageFacts): string | null {
  const packed = variants.find(staysPacked);
  if (packed === undefined) return null;
  return (
    `containerd 2.3 and later does not unpack it (os ${packed.config.platform.os}): ` +
    'build it with --platform linux/amd64, or set use_local_image_pull = true on the nodes'
  );
}

function describeOffer(platforms: readonly Platform[]): string {
  const names = [...new Set(platforms.map(formatPlatform))].join(', ');
  const taken = platforms.find((platform) => platform.os === 'linux' && !isWasmPlatform(platform));
  if (taken !== undefined)
    return `nodes take another entry of its index, such as that for ${formatPlatform(taken)}`;
  return names === '' ? 'its index offers nothing' : `its index offers ${names}, which no node has`;
}

/**
 * Whether nodes can pull the reference, and which one to name instead where they cannot.
 * @param pull of the reference as it is written; the facts may be of one entry of its index
 */
export function reportPull(reference: Reference, facts: ImageFacts, pull: PullOutlook): PullReport {
  if (pull.ok) return { ok: true, detail: riskOf(facts), insteadUse: null };
  const byDigest = (digest: typeof facts.digest | null): string | null =>
    digest === null ? null : formatReference({ ...reference, tag: null, digest });
  switch (pull.cause) {
    case 'no-platform':
      return { ok: false, detail: describeOffer(pull.platforms), insteadUse: byDigest(pull.insteadUse) };
    case 'mixed-index': {
      const detail = 'its index has entries with and without a platform, which containerd cannot tell apart';
      return { ok: false, detail, insteadUse: byDigest(pull.insteadUse) };
    }
    case 'layer-mismatch': {
      const detail = 'its manifest and its config list different layers: build and push it again';
      return { ok: false, detail, insteadUse: null };
    }
  }
}
