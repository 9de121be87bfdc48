import type { UnknownReason } from '../detect/verdict.ts';
import { chooseChildren, findUntakenWasm, offerOf, type ChildChoice } from '../image/choose-children.ts';
import { EMPTY_CONFIG, parseImageConfig, type ImageConfig } from '../image/image-config.ts';
import { NO_CONTENTS, type ImageFacts, type ImageVariant, type PullOutlook } from '../image/image-facts.ts';
import {
  hasRootFileSystem,
  parseManifest,
  type Descriptor,
  type ImageIndex,
  type ImageManifest,
} from '../image/manifest.ts';
import { CNCF_WASM_CONFIG, isImageConfig } from '../image/media-types.ts';
import { type Digest, formatReference, type Reference } from '../image/reference.ts';
import { AppError } from '../lib/errors.ts';
import type { FetchOptions, RegistryPort } from './ports.ts';

/** wasmgate's own caps on the work that one index can cause. */
const INDEX_LIMITS = {
  /** Indexes within an index: crane writes one level, and containerd follows it; a third level is a loop or an attack. */
  maxNesting: 2,
  /** Children read for one index: one per architecture of the cluster, and no more than a person would expect. */
  maxChildren: 4,
} as const;

export interface Inspection extends FetchOptions {
  readonly reference: Reference;
  /** What messages call the image (default: the reference). */
  readonly name?: string;
  /** Architectures of the nodes that could run the image, preferred ones first; empty if unknown. */
  readonly architectures: readonly string[];
}

interface Context {
  readonly registry: RegistryPort;
  readonly inspection: Inspection;
}

type Found = Pick<ImageFacts, 'variants' | 'pull' | 'wasmEntry'>;

function failure(
  reason: UnknownReason,
  { reference, name = formatReference(reference) }: Inspection,
  options: { state: string; cause?: unknown },
): Error {
  const message = `Cannot inspect image "${name}": ${options.state}`;
  return new AppError<UnknownReason>(
    reason,
    message,
    options.cause === undefined ? {} : { cause: options.cause },
  );
}

/** Maps error codes of the pure parsers to the closed list of reasons. */
const PARSE_REASONS: Readonly<Record<string, UnknownReason>> = {
  'invalid-manifest': 'invalid',
  'invalid-config': 'invalid',
  'unsupported-manifest': 'unsupported',
};

/** Reports whether a node could start it. Artifacts of other kinds may have a config that is not JSON. */
function isWorkload({ config }: ImageManifest): boolean {
  return isImageConfig(config.mediaType) || config.mediaType === CNCF_WASM_CONFIG;
}

/** Reads the config. One of two bytes can only be `{}`, which is not worth a request. */
async function readConfig({ registry, inspection }: Context, manifest: ImageManifest): Promise<ImageConfig> {
  if (!isWorkload(manifest) || manifest.config.size <= 2) return EMPTY_CONFIG;
  const fetched = await registry.fetchJsonBlob(inspection.reference, manifest.config, inspection);
  return parseImageConfig(fetched.document);
}

/** containerd does not unpack an image whose config lists another number of layers than its manifest. */
function outlookOfManifest({ manifest, config }: ImageVariant): PullOutlook {
  const isMismatch = hasRootFileSystem(manifest) && config.diffIdCount !== manifest.layers.length;
  return isMismatch ? { ok: false, cause: 'layer-mismatch' } : { ok: true };
}

/** Follows containerd 2.2 and 2.3 (tried): the platform of an entry counts, or if it has none, that of its config. */
function outlookOfChoice(choice: ChildChoice, variant: ImageVariant): PullOutlook {
  if (choice.kind === 'none') return { ok: false, cause: 'no-platform', platforms: [], insteadUse: null };
  const isUnstated = choice.kind === 'unstated';
  const isLinux = variant.config.platform.os === 'linux';
  if (isUnstated && isLinux && choice.platforms.length > 0)
    return { ok: false, cause: 'mixed-index', insteadUse: variant.digest };
  if (choice.kind !== 'wasm' && (isLinux || !isUnstated)) return outlookOfManifest(variant);
  const platforms = choice.platforms.length > 0 ? choice.platforms : [variant.config.platform];
  const insteadUse = isWorkload(variant.manifest) ? variant.digest : null;
  return { ok: false, cause: 'no-platform', platforms, insteadUse };
}

async function readVariant(context: Context, digest: Digest, manifest: ImageManifest): Promise<ImageVariant> {
  return { digest, manifest, config: await readConfig(context, manifest), contents: NO_CONTENTS };
}

async function readChild(context: Context, child: Descriptor, nesting: number): Promise<Found> {
  const { registry, inspection } = context;
  const reference = { ...inspection.reference, tag: null, digest: child.digest };
  const fetched = await registry.fetchManifest(reference, inspection);
  const manifest = parseManifest(
    fetched.document,
    child.mediaType === '' ? fetched.mediaType : child.mediaType,
  );
  if (manifest.kind === 'index') return readIndex(context, manifest, nesting + 1);
  const variant = await readVariant(context, fetched.digest, manifest);
  return { variants: [variant], pull: outlookOfManifest(variant) };
}

/** Reads the first entry without a platform whose config a Linux node takes; if there is none, the first entry. */
async function readUnstated(
  context: Context,
  choice: ChildChoice,
  nesting: number,
): Promise<readonly Found[]> {
  let first: Found | undefined;
  for (const child of choice.children.slice(0, INDEX_LIMITS.maxChildren)) {
    const found = await readChild(context, child, nesting);
    if (found.variants[0].config.platform.os === 'linux') return [found];
    first ??= found;
  }
  return first === undefined ? [] : [first];
}

async function readIndex(context: Context, index: ImageIndex, nesting: number): Promise<Found> {
  const { inspection } = context;
  if (nesting > INDEX_LIMITS.maxNesting) {
    throw failure('unsupported', inspection, { state: 'its indexes are nested too deep' });
  }
  const choice = chooseChildren(index, inspection.architectures);
  const wanted = choice.children.slice(0, INDEX_LIMITS.maxChildren);
  const found =
    choice.kind === 'unstated'
      ? await readUnstated(context, choice, nesting)
      : await Promise.all(wanted.map((child) => readChild(context, child, nesting)));
  const [first, ...others] = found;
  if (first === undefined) throw failure('unsupported', inspection, { state: 'its index lists no image' });
  const variants = [...first.variants, ...others.flatMap((other) => other.variants)] as const;
  const outlook = outlookOfChoice(choice, variants[0]);
  const wasmEntry = findUntakenWasm(choice, index)?.digest ?? first.wasmEntry;
  const pull = outlook.ok ? first.pull : outlook;
  return { variants, pull, ...(wasmEntry === undefined ? {} : { wasmEntry }) };
}

async function read(context: Context): Promise<ImageFacts> {
  const fetched = await context.registry.fetchManifest(context.inspection.reference, context.inspection);
  const manifest = parseManifest(fetched.document, fetched.mediaType);
  const { digest } = fetched;
  const standIn = fetched.isStandIn === true ? { isStandIn: true } : {};
  if (manifest.kind === 'index') {
    const found = await readIndex(context, manifest, 0);
    return { digest, ...standIn, mediaType: manifest.mediaType, ...found, offer: offerOf(manifest) };
  }
  const variant = await readVariant(context, digest, manifest);
  return {
    digest,
    ...standIn,
    mediaType: manifest.mediaType,
    variants: [variant],
    pull: outlookOfManifest(variant),
  };
}

/**
 * Reads the manifest and config of an image: two requests for a single manifest, two more for each child of an index that some
 * node would take.
 * @throws RegistryFailure if the image cannot be read
 */
export async function inspectImage(registry: RegistryPort, inspection: Inspection): Promise<ImageFacts> {
  try {
    return await read({ registry, inspection });
  } catch (error) {
    const reason = error instanceof AppError ? PARSE_REASONS[error.code] : undefined;
    if (!(error instanceof AppError) || reason === undefined) throw error;
    throw failure(reason, inspection, { state: error.message, cause: error });
  }
}
