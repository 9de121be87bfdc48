import { AppError } from '../lib/errors.ts';
import { isObject, property, stringMap, stringOr, type JsonObject } from '../lib/json.ts';
import { oncePer } from '../lib/once-per.ts';
import { isImageConfig, isIndexMediaType, isTarLayer, normalizeMediaType } from './media-types.ts';
import { normalizePlatform, type Platform } from './platform.ts';
import { isDigest, type Digest } from './reference.ts';

/** A descriptor of the OCI image spec (descriptor.md). Media types lose case and parameters only: unknown ones parse. */
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
  /** True if the manifest refers to another one (`subject`), as signatures, attestations and SBOMs do. */
  readonly hasSubject: boolean;
}

export interface ImageIndex {
  readonly kind: 'index';
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
}

export type ParsedManifest = ImageManifest | ImageIndex;
export type ManifestErrorCode = 'invalid-manifest' | 'unsupported-manifest';

/** Linux overlays at most 500 layers; a manifest of 4 MiB could name thirty thousand. */
const MAX_LAYERS = 1000;

/** Docker's schema 1, which nodes no longer pull (containerd 2 dropped it). */
const SCHEMA_1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\+(?:json|prettyjws)$/;

function invalid(state: string): AppError<ManifestErrorCode> {
  return new AppError('invalid-manifest', `Cannot read manifest: ${state}`);
}

function readPlatform(value: unknown): Platform | null {
  if (!isObject(value)) return null;
  return normalizePlatform(
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
    mediaType: normalizeMediaType(stringOr(property(value, 'mediaType'), '')),
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
  if (Array.isArray(value) && value.length > MAX_LAYERS)
    throw invalid(`it has more than ${MAX_LAYERS} layers`);
  return readDescriptors(value, 'layers');
}

function readArtifactType(value: unknown): string | null {
  return typeof value === 'string' ? normalizeMediaType(value) : null;
}

/**
 * Reports whether the document is an index by the Content-Type header, its `mediaType` or its shape, in this order: many
 * tools omit `mediaType` (Spin, wasm-to-oci, helm, umoci). An index has `manifests`.
 */
function isIndex(document: JsonObject, contentType: string): boolean {
  const inside = normalizeMediaType(stringOr(property(document, 'mediaType'), ''));
  const said = isIndexMediaType(contentType) || isIndexMediaType(inside);
  const shaped = property(document, 'manifests') !== undefined && property(document, 'config') === undefined;
  return said ? property(document, 'config') === undefined : shaped;
}

/**
 * @param document parsed JSON
 * @param contentType of the registry's header or the parent descriptor; '' if neither names one
 * @throws AppError `invalid-manifest`, `unsupported-manifest`
 */
export function parseManifest(document: unknown, contentType: string): ParsedManifest {
  if (!isObject(document)) throw invalid('it is not a JSON object');
  const type = normalizeMediaType(contentType);
  const version = property(document, 'schemaVersion');
  if (SCHEMA_1.test(type) || version === 1) {
    throw new AppError(
      'unsupported-manifest',
      'Cannot read manifest: it uses Docker schema 1, which nodes no longer pull',
    );
  }
  const inside = normalizeMediaType(stringOr(property(document, 'mediaType'), ''));
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

/** Reports whether nodes create a root file system: they unpack layers only with an image config, and only archives. */
export const hasRootFileSystem = oncePer(
  ({ config, layers }: ImageManifest): boolean =>
    isImageConfig(config.mediaType) && layers.some(({ mediaType }) => isTarLayer(mediaType)),
);
