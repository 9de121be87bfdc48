import type { ImageStore } from '../../../src/fake-registry/image-store.ts';
import {
  CREATED,
  pushBlob,
  pushManifest,
  type PushedContent,
  targetOf,
} from '../../../src/fake-registry/push-image.ts';
import {
  CNCF_WASM_CONFIG,
  CNCF_WASM_LAYER,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../../../src/image/media-types.ts';
import { digestOf } from '../../support/image/image-facts.ts';
import { putLayeredImage } from '../../support/image/layered-image.ts';
import type { Tree } from '../../support/image/tar.ts';

/**
 * Stores an image at `repository:tag`, or by digest alone in `repository`. Returns its descriptor. `pushImages` takes it to a
 * registry.
 */
export type MakeImage = (store: ImageStore, name: string) => PushedContent;

/** Files and what a module, or another program, is started with. */
export interface FileImage {
  /** Default: linux. */
  readonly os?: string;
  /** Default: amd64. */
  readonly architecture?: string;
  /** The files of its one layer. Those without a mode have 0644. */
  readonly files: Tree;
  /** The `config` of the image config: Entrypoint, Cmd, WorkingDir, Env, Labels. */
  readonly config?: object;
}

/** The search path of images with a shell. */
export const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A file with the mode of a program. */
export function executable<Content extends Uint8Array | string>(
  content: Content,
): { readonly content: Content; readonly mode: number } {
  return { content, mode: 0o755 };
}

/** An image with a tar layer, as BuildKit and buildah build it. */
export function fileImage({ files, ...sketch }: FileImage): MakeImage {
  return (store, name) => putLayeredImage(store, name, { ...sketch, layers: [{ tree: files }] });
}

export interface Artifact {
  /** Media type of the config; by default the one of OCI images. */
  readonly configType?: string;
  readonly config: object;
  readonly layers: readonly { readonly mediaType: string; readonly content: Uint8Array | string }[];
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A manifest whose layers are no file systems. */
export function artifact({ configType = OCI_CONFIG, config, layers, ...rest }: Artifact): MakeImage {
  return (store, name) => {
    const target = targetOf(store, name);
    const pushed = layers.map(({ mediaType, content }) => pushBlob(target, mediaType, Buffer.from(content)));
    const document = {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: pushBlob(target, configType, config),
      layers: pushed,
      ...rest,
    };
    return pushManifest(target, document);
  };
}

export const RUNWASI_LAYER = 'application/vnd.bytecodealliance.wasm.component.layer.v0+wasm';

/**
 * A module or component as a layer under an image config, as runwasi's `oci-tar-builder` builds it. The label keeps configs of
 * different modules apart: containerd takes images with the same config for one.
 * @param entrypoint null for an image that says no command
 */
export function layerImage(wasm: Uint8Array, entrypoint: string | null = 'app.wasm'): MakeImage {
  const Labels = { 'containerd.runwasi.layers': digestOf(wasm).replace('sha256:', '') };
  return artifact({
    config: {
      architecture: 'wasm',
      os: 'wasip1',
      config: entrypoint === null ? { Labels } : { Entrypoint: [entrypoint], Labels },
      rootfs: { type: 'layers', diff_ids: [] },
    },
    layers: [{ mediaType: RUNWASI_LAYER, content: wasm }],
  });
}

/** A CNCF Wasm artifact, as `wkg oci push` builds it. It says no command. */
export function cncfArtifact(wasm: Uint8Array, shape: 'module' | 'component'): MakeImage {
  const component = { exports: ['wasi:cli/run@0.2.0'], imports: [], target: null };
  return artifact({
    configType: CNCF_WASM_CONFIG,
    config: {
      created: CREATED,
      architecture: 'wasm',
      os: shape === 'module' ? 'wasip1' : 'wasip2',
      layerDigests: [digestOf(wasm)],
      ...(shape === 'module' ? {} : { component }),
    },
    layers: [{ mediaType: CNCF_WASM_LAYER, content: wasm }],
  });
}

/** An application of Spin 2 and later with one component, as `spin registry push` builds it. */
export function spinApplication(wasm: Uint8Array): MakeImage {
  const locked = JSON.stringify({
    spin_lock_version: 1,
    metadata: { name: 'app' },
    triggers: [
      { id: 'trigger-app', trigger_type: 'http', trigger_config: { component: 'app', route: '/...' } },
    ],
    components: [{ id: 'app', source: { content_type: 'application/wasm', digest: digestOf(wasm) } }],
  });
  return artifact({
    config: {
      architecture: 'wasm',
      os: 'wasip1',
      config: { Labels: { 'com.fermyon.spin.lockedAppDigest': digestOf(locked) } },
      rootfs: { type: 'layers', diff_ids: [] },
    },
    layers: [
      { mediaType: 'application/vnd.wasm.content.layer.v1+wasm', content: wasm },
      { mediaType: 'application/vnd.fermyon.spin.application.v1+config', content: locked },
    ],
  });
}

export interface IndexEntry {
  readonly image: MakeImage;
  /** What the index says of the entry, whatever its config says; none for an entry without a platform. */
  readonly platform?: { readonly os: string; readonly architecture: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

export function imageIndex(entries: readonly IndexEntry[]): MakeImage {
  return (store, name) => {
    const target = targetOf(store, name);
    const manifests = entries.map(({ image, ...rest }) => ({ ...image(store, target.repository), ...rest }));
    return pushManifest(target, { schemaVersion: 2, mediaType: OCI_INDEX, manifests }, OCI_INDEX);
  };
}

/** Returns the module, or component, with a custom section that makes it differ from others that run alike. */
export function markedWasm(wasm: Uint8Array, mark: string): Uint8Array {
  const name = Buffer.from(mark);
  // Both lengths fit into one byte of LEB128 only below 128.
  if (name.length > 100) throw new RangeError(`The mark "${mark}" is longer than 100 bytes`);
  return Buffer.concat([wasm, Buffer.from([0, name.length + 1, name.length]), name]);
}
