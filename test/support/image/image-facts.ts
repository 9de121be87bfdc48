import { createHash } from 'node:crypto';
import { parseImageConfig } from '../../../src/image/image-config.ts';
import type { Content, ImageFacts, ImageVariant } from '../../../src/image/image-facts.ts';
import { parseManifest } from '../../../src/image/manifest.ts';
import { OCI_CONFIG, OCI_MANIFEST } from '../../../src/image/media-types.ts';
import type { ModuleInterface } from '../../../src/image/module-interface.ts';
import type { Digest } from '../../../src/image/reference.ts';

export const TAR_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

export interface ImageSketch {
  readonly configType?: string;
  readonly config?: object;
  readonly layers?: readonly (string | { readonly mediaType: string; readonly size: number })[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  readonly subject?: object;
  /** What the layers show. */
  readonly contents?: Readonly<Record<string, Content>>;
  /** What the modules among them import. */
  readonly modules?: Readonly<Record<string, ModuleInterface>>;
}

export function digestOf(content: string | Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** One manifest with its config, parsed from the documents that a tool would write. */
function imageVariant(sketch: ImageSketch): ImageVariant {
  const layers = (sketch.layers ?? [TAR_LAYER]).map((layer, index) => ({
    ...(typeof layer === 'string' ? { mediaType: layer, size: 1000 } : layer),
    digest: digestOf(`layer ${index}`),
  }));
  const document = {
    schemaVersion: 2,
    config: { mediaType: sketch.configType ?? OCI_CONFIG, digest: digestOf('config'), size: 300 },
    layers,
    annotations: sketch.annotations,
    artifactType: sketch.artifactType,
    subject: sketch.subject,
  };
  const manifest = parseManifest(JSON.parse(JSON.stringify(document)), OCI_MANIFEST);
  if (manifest.kind !== 'manifest') throw new Error('a sketch is a manifest');
  return {
    digest: digestOf(JSON.stringify(document)),
    manifest,
    config: parseImageConfig(sketch.config ?? {}),
    contents: new Map(Object.entries(sketch.contents ?? {})),
    modules: new Map(Object.entries(sketch.modules ?? {})),
  };
}

export function imageFacts(...sketches: readonly [ImageSketch, ...ImageSketch[]]): ImageFacts {
  const [first, ...others] = sketches;
  const variants = [imageVariant(first), ...others.map(imageVariant)] as const;
  return { digest: variants[0].digest, mediaType: OCI_MANIFEST, variants: [...variants], pull: { ok: true } };
}

/** Returns an ordinary linux/amd64 image with this entrypoint: `linux('/app.wasm')`. */
export function linux(...entrypoint: readonly string[]): ImageSketch {
  return { config: { os: 'linux', architecture: 'amd64', config: { Entrypoint: entrypoint } } };
}

export function wasi(...entrypoint: readonly string[]): ImageSketch {
  return { config: { os: 'wasip1', architecture: 'wasm', config: { Entrypoint: entrypoint } } };
}

/** What tools write into a config to make it unique. */
const CONTENT = digestOf('content');

export const SPIN_APP: ImageSketch = {
  config: {
    os: 'wasip1',
    architecture: 'wasm',
    config: { Labels: { 'com.fermyon.spin.lockedAppDigest': CONTENT } },
  },
  layers: [
    'application/vnd.wasm.content.layer.v1+wasm',
    'application/vnd.fermyon.spin.application.v1+config',
  ],
};

const CNCF = 'application/vnd.wasm.config.v0+json';

export function artifact(config: object): ImageSketch {
  const layerDigests = [CONTENT];
  return {
    configType: CNCF,
    config: { architecture: 'wasm', layerDigests, ...config },
    layers: ['application/wasm'],
  };
}

export const OCI_MODULE = artifact({ os: 'wasip1', component: null });
export const OCI_COMPONENT = artifact({
  os: 'wasip2',
  component: { exports: ['wasi:cli/run@0.2.3'], imports: [] },
});
export const RUNWASI_LAYER: ImageSketch = {
  config: {
    os: 'wasip1',
    architecture: 'wasm',
    config: { Entrypoint: ['app.wasm'], Labels: { 'containerd.runwasi.layers': CONTENT.slice(7) } },
  },
  layers: [{ mediaType: 'application/vnd.bytecodealliance.wasm.component.layer.v0+wasm', size: 2_600_000 }],
};
