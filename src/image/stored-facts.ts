import { Type, type Static } from 'typebox';
import { AppError } from '../lib/errors.ts';
import type { JsonObject } from '../lib/json.ts';
import { parseImageConfig, type ImageConfig } from './image-config.ts';
import type { Content, ImageFacts, ImageVariant } from './image-facts.ts';
import { parseManifest, type Descriptor, type ImageManifest } from './manifest.ts';
import type { Digest } from './reference.ts';

/** A text of a registry: digests, media types, platforms and names of files are shorter. */
const text = Type.String({ maxLength: 4096 });
const digest = Type.Unsafe<Digest>(Type.String({ pattern: '^[a-z0-9+._-]+:[a-f0-9]{64,128}$' }));
const platform = Type.Object({ os: text, architecture: text, variant: Type.Union([text, Type.Null()]) });
const platforms = Type.Array(platform, { maxItems: 64 });

/** A new kind of content does not compile before it is listed here; a snapshot without it would be invalid. */
const CONTENTS = {
  module: true,
  component: true,
  elf: true,
  script: true,
  other: true,
  absent: true,
  hidden: true,
} as const satisfies Readonly<Record<Content, true>>;
const content = Type.Union((Object.keys(CONTENTS) as Content[]).map((name) => Type.Literal(name)));

const moduleInterface = Type.Object({
  imports: Type.Array(
    Type.Object({ module: text, name: text, parameters: Type.Union([Type.Integer(), Type.Null()]) }),
    { maxItems: 32 },
  ),
  hasStart: Type.Union([Type.Boolean(), Type.Null()]),
});

/** Maps as pairs: a key may be any text, `__proto__` included. */
function pairs<Schema extends Parameters<typeof Type.Array>[0]>(value: Schema) {
  return Type.Array(Type.Tuple([text, value]), { maxItems: 256 });
}

const pull = Type.Union([
  Type.Object({ ok: Type.Literal(true) }),
  Type.Object({
    ok: Type.Literal(false),
    cause: Type.Literal('no-platform'),
    platforms,
    insteadUse: Type.Union([digest, Type.Null()]),
  }),
  Type.Object({ ok: Type.Literal(false), cause: Type.Literal('layer-mismatch') }),
  Type.Object({ ok: Type.Literal(false), cause: Type.Literal('mixed-index'), insteadUse: digest }),
]);

/** Manifest and config are documents of the OCI image spec, to be read by the parsers that read a registry's own. */
const variant = Type.Object({
  digest,
  mediaType: text,
  manifest: Type.Unknown(),
  config: Type.Unknown(),
  contents: pairs(content),
  modules: Type.Optional(pairs(moduleInterface)),
});

/** Image facts as JSON. */
export const storedFacts = Type.Object({
  digest,
  mediaType: text,
  variants: Type.Array(variant, { minItems: 1, maxItems: 16 }),
  pull,
  wasmEntry: Type.Optional(digest),
  offer: Type.Optional(Type.Object({ platforms, isPartial: Type.Boolean() })),
});

type StoredFacts = Static<typeof storedFacts>;
type StoredVariant = StoredFacts['variants'][number];

function descriptorDocument({ annotations, platform: of, ...descriptor }: Descriptor): JsonObject {
  return {
    ...descriptor,
    ...(of === null ? {} : { platform: of }),
    ...(annotations.size === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
  };
}

function manifestDocument(manifest: ImageManifest): JsonObject {
  const { artifactType, config, layers, annotations, hasSubject } = manifest;
  return {
    config: descriptorDocument(config),
    layers: layers.map(descriptorDocument),
    ...(artifactType === null ? {} : { artifactType }),
    ...(annotations.size === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
    ...(hasSubject ? { subject: {} } : {}),
  };
}

function configDocument(config: ImageConfig): JsonObject {
  const { platform: of, entrypoint, cmd, workingDir, searchPath, labels } = config;
  const { diffIdCount, layerDigests, component } = config;
  return {
    ...of,
    config: {
      Entrypoint: entrypoint,
      Cmd: cmd,
      WorkingDir: workingDir,
      Env: [`PATH=${searchPath.join(':')}`],
      Labels: Object.fromEntries(labels),
    },
    // How many there are is all that is read of them.
    ...(diffIdCount === 0 ? {} : { rootfs: { diff_ids: Array.from({ length: diffIdCount }, () => '') } }),
    ...(layerDigests === null ? {} : { layerDigests }),
    ...(component === null ? {} : { component }),
  };
}

function storeVariant({ digest: of, manifest, config, contents, modules }: ImageVariant): StoredVariant {
  return {
    digest: of,
    mediaType: manifest.mediaType,
    manifest: manifestDocument(manifest),
    config: configDocument(config),
    contents: [...contents],
    ...(modules === undefined ? {} : { modules: [...modules] }),
  } as StoredVariant;
}

/** Converts facts to JSON, layers included. */
export function storeFacts({ variants, ...facts }: ImageFacts): StoredFacts {
  return { ...facts, variants: variants.map(storeVariant) } as StoredFacts;
}

function readVariant(stored: StoredVariant): ImageVariant {
  const manifest = parseManifest(stored.manifest, stored.mediaType);
  if (manifest.kind === 'index') throw new AppError('invalid-manifest', 'Cannot read stored facts: an index');
  const { contents, modules } = stored;
  return {
    digest: stored.digest,
    manifest,
    config: parseImageConfig(stored.config),
    contents: new Map(contents),
    ...(modules === undefined ? {} : { modules: new Map(modules) }),
  };
}

/** Returns facts that equal those stored. @throws AppError if a manifest or config is invalid */
export function readStoredFacts({ variants, ...facts }: StoredFacts): ImageFacts {
  const [first, ...others] = variants;
  if (first === undefined) throw new AppError('invalid-manifest', 'Cannot read stored facts: no manifest');
  return {
    ...facts,
    variants: [readVariant(first), ...others.map(readVariant)],
  };
}
