/** Media types of the OCI image spec (media-types.md) and Docker's schema 2, which registries and nodes treat alike. */
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
export const OCI_EMPTY = 'application/vnd.oci.empty.v1+json';
export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
/** CNCF TAG Runtime, "Wasm OCI artifact layout". */
export const CNCF_WASM_CONFIG = 'application/vnd.wasm.config.v0+json';
export const CNCF_WASM_LAYER = 'application/wasm';
export const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json';

/** Accepted media types of manifests, preferred first. */
export const MANIFEST_ACCEPT: readonly string[] = [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST];

const INDEXES: ReadonlySet<string> = new Set([OCI_INDEX, DOCKER_LIST]);
const IMAGE_CONFIGS: ReadonlySet<string> = new Set([OCI_CONFIG, DOCKER_CONFIG]);

export function isIndexMediaType(mediaType: string): boolean {
  return INDEXES.has(mediaType);
}

/** Reports whether this is an ordinary image's config: only then do nodes unpack layers and read ENTRYPOINT. */
export function isImageConfig(mediaType: string): boolean {
  return IMAGE_CONFIGS.has(mediaType);
}

/** Reports whether this is a file-system layer: `…layer.v1.tar`, compressed or non-distributable, or Docker's. */
export function isTarLayer(mediaType: string): boolean {
  return (
    /^application\/vnd\.oci\.image\.layer\.(?:nondistributable\.)?v1\.tar(?:\+(?:gzip|zstd))?$/.test(
      mediaType,
    ) ||
    /^application\/vnd\.docker\.image\.rootfs\.(?:foreign\.)?diff\.tar(?:\.gzip|\.zstd)?$/.test(mediaType)
  );
}

/** Types of nearly all layers and configs, so that the descriptors of thousands of images share their texts. */
const COMMON_TYPES: ReadonlyMap<string, string> = new Map(
  [
    OCI_CONFIG,
    DOCKER_CONFIG,
    'application/vnd.oci.image.layer.v1.tar+gzip',
    'application/vnd.docker.image.rootfs.diff.tar.gzip',
  ].map((type) => [type, type]),
);

/** RFC 6838, 4.2: 127 characters on either side of the slash. Longer texts would fill messages. */
const LONGEST_TYPE = 255;

/** Returns the type in lower case without parameters: `application/json; charset=utf-8` → `application/json`. */
export function normalizeMediaType(text: string): string {
  const type = (text.split(';', 1)[0] ?? '').trim().slice(0, LONGEST_TYPE).toLowerCase();
  return COMMON_TYPES.get(type) ?? type;
}
