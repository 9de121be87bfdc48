import { AppError } from '../lib/errors.ts';
import { isObject, property, stringMap, stringOr, type JsonObject } from '../lib/json.ts';
import { oncePer } from '../lib/once-per.ts';
import { isImageConfig, isIndexMediaType, isTarLayer, normaliseMediaType } from './media-types.ts';
import { normalisePlatform, type Platform } from './platform.ts';
import { isDigest, type Digest } from './reference.ts';

/** OCI image spec, descriptor.md. Media types are kept as written but for case and parameters: unknown ones parse. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly platform: Platform | null;
  readonly annotations: ReadonlyMap<string, string>;
}

export interface ImageManifest {
  readonly kind: 'manifest';
  readonly mediaType: string;
  readonly artifactType: string | null;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations: ReadonlyMap<string, string>;
  /** True where the manifest refers to another one (`subject`): signatures, attestations, SBOMs. */
  readonly hasSubject: boolean;
}

export interface ImageIndex {
  readonly kind: 'index';
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
}

export type ParsedManifest = ImageManifest | ImageIndex;
export type ManifestErrorCode = 'invalid-manifest' | 'unsupported-manifest';

const DEFAULTS = {
  /** Of one image; Linux mounts 500 over each other at most, and 4 MiB of manifest name thirty thousand. */
  layers: 1000,
} as const;

/** Docker's schema 1, which no current node pulls (containerd 2 dropped it). */
const SCHEMA_1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\+(?:json|prettyjws)$/;

function invalid(state: string): AppError<ManifestErrorCode> {
  return new AppError('invalid-manifest', `Cannot read manifest: ${state}`);
}

function readPlatform(value: unknown): Platform | null {
  if (!isObject(value)) return null;
  return normalisePlatform(
    stringOr(property(value, 'os'), ''),
    stringOr(property(value, 'architecture'), ''),
    stringOr(property(value, 'variant'), null),
  );
}

function readDescriptor(value: unknown, path: string): Descriptor {
  if (!isObject(value)) throw invalid(`${path} is not an object`);
  const digest = property(value, 'digest');
  if (typeof digest !== 'string' || !isDigest(digest)) throw invalid(`${path}.digest is not a digest`);
  const size = property(value, 'size');
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw invalid(`${path}.size is not a number of bytes`);
  }
  return {
    mediaType: normaliseMediaType(stringOr(property(value, 'mediaType'), '')),
    digest,
    size,
    platform: readPlatform(property(value, 'platform')),
    annotations: stringMap(property(value, 'annotations')),
  };
}

function readDescriptors(value: unknown, path: string): readonly Descriptor[] {
  if (!Array.isArray(value)) throw invalid(`${path} is not a list`);
  return value.map((item, index) => readDescriptor(item, `${path}[${index}]`));
}

function readLayers(value: unknown): readonly Descriptor[] {
  if (Array.isArray(value) && value.length > DEFAULTS.layers)
    throw invalid(`it has more than ${DEFAULTS.layers} layers`);
  return readDescriptors(value, 'layers');
}

function readArtifactType(value: unknown): string | null {
  return typeof value === 'string' ? normaliseMediaType(value) : null;
}

/**
 * Many tools leave `mediaType` out of the document (Spin, wasm-to-oci, helm, umoci), so the Content-Type header speaks
 * first; where it says nothing useful, the document's own field, then its shape (an index has `manifests`).
 */
function isIndex(document: JsonObject, contentType: string): boolean {
  const inside = normaliseMediaType(stringOr(property(document, 'mediaType'), ''));
  const said = isIndexMediaType(contentType) || isIndexMediaType(inside);
  const shaped = property(document, 'manifests') !== undefined && property(document, 'config') === undefined;
  return said ? property(document, 'config') === undefined : shaped;
}

/**
 * @param document parsed JSON
 * @param contentType as the registry's header or the parent descriptor names it; '' where neither does
 * @throws AppError `invalid-manifest`, `unsupported-manifest`
 */
export function parseManifest(document: unknown, contentType: string): ParsedManifest {
  if (!isObject(document)) throw invalid('it is not a JSON object');
  const type = normaliseMediaType(contentType);
  const version = property(document, 'schemaVersion');
  if (SCHEMA_1.test(type) || version === 1) {
    throw new AppError(
      'unsupported-manifest',
      'Cannot read manifest: it is of Docker schema 1, which nodes no longer pull',
    );
  }
  const inside = normaliseMediaType(stringOr(property(document, 'mediaType'), ''));
  const mediaType = type.startsWith('application/vnd.') || inside === '' ? type : inside;
  if (isIndex(document, type)) {
    return {
      kind: 'index',
      mediaType,
      manifests: readDescriptors(property(document, 'manifests'), 'manifests'),
    };
  }
  if (property(document, 'config') === undefined) throw invalid('it has neither config nor manifests');
  return {
    kind: 'manifest',
    mediaType,
    artifactType: readArtifactType(property(document, 'artifactType')),
    config: readDescriptor(property(document, 'config'), 'config'),
    layers: readLayers(property(document, 'layers') ?? []),
    annotations: stringMap(property(document, 'annotations')),
    hasSubject: isObject(property(document, 'subject')),
  };
}

/**
 * Whether a node gives the image a root file system: only with an image's config does it unpack layers, and then those that
 * are archives.
 */
export const hasRootFileSystem = oncePer(
  ({ config, layers }: ImageManifest): boolean =>
    isImageConfig(config.mediaType) && layers.some(({ mediaType }) => isTarLayer(mediaType)),
);
