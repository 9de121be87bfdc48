import type { ImageStore } from '../../../src/fake-registry/image-store.ts';
import { pushImage, targetOf } from '../../../src/fake-registry/push-image.ts';
import { HELLO_MODULE } from '../../../src/fake-registry/wasm-programs.ts';
import { CNCF_WASM_LAYER } from '../../../src/image/media-types.ts';
import {
  type FixtureImage,
  loadFixtureImages,
  putFixtureImage,
  readFixtureLayer,
} from '../../support/image/fixture-images.ts';
import {
  artifact,
  cncfArtifact,
  imageIndex,
  layerImage,
  type MakeImage,
  markedWasm,
  RUNWASI_LAYER,
} from '../images/oci-image.ts';

/** An image of the record. */
export interface RecordedImage {
  readonly name: string;
  readonly what: string;
  /** The container's command; null for that of the image. */
  readonly command: readonly string[] | null;
  /** `repository:tag` */
  readonly reference: string;
  /** Stores the image under its reference. */
  readonly put: (store: ImageStore) => void;
}

/** A command for images that have none: any name will do for a Wasm layer, and Spin's shim expects a directory. */
const ANY_NAME = ['app.wasm'];
const DIRECTORY = ['/'];

/** Images of the corpus without a command of their own. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  'cosign-attestation': ANY_NAME,
  'helm-chart': ANY_NAME,
  'in-toto-referrer': ANY_NAME,
  'kubewarden-policy': ANY_NAME,
  'oci-wasm-module': ANY_NAME,
  'oras-generic-artifact': ANY_NAME,
  'oras-v10-artifact': ANY_NAME,
  'slight-wasi': DIRECTORY,
  'spin-rootfs-wasi': DIRECTORY,
  'spin-v1-app': DIRECTORY,
  'spin-v2-app': DIRECTORY,
  'wasm-to-oci-module': ['/module.wasm'],
  'wasmcloud-actor': ANY_NAME,
  'wkg-cli-component': ANY_NAME,
  'wkg-core-module': ANY_NAME,
  'wkg-wit-package': ANY_NAME,
};

function fromCorpus(image: FixtureImage): RecordedImage {
  const { name, expect } = image;
  return {
    name,
    what: expect.what,
    command: COMMANDS[name] ?? null,
    reference: `corpus/${name}:latest`,
    put: (store) => putFixtureImage(store, image),
  };
}

const LINUX = { os: 'linux', architecture: 'amd64' };
const WASI = { os: 'wasi', architecture: 'wasm' };

interface Files {
  readonly platform: { readonly os: string; readonly architecture: string };
  readonly files: Readonly<Record<string, Uint8Array | string>>;
  /** None for an image without a command. */
  readonly entrypoint?: string;
}

/** An image with one file-system layer, whose files are all executable. */
function filesImage({ platform, files, entrypoint }: Files): MakeImage {
  const start = entrypoint === undefined ? [] : [entrypoint];
  return (store, name) => pushImage(targetOf(store, name), { ...platform, files, entrypoint: start });
}

const TEXT = `(module
  (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "hello from wasm\\n")
  (data (i32.const 0) "\\10\\00\\00\\00\\10\\00\\00\\00")
  (func (export "_start") (drop (call $w (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
`;

const SPIN_MANIFEST = `spin_manifest_version = 2
[application]
name = "demo"
[[trigger.http]]
route = "/..."
component = "demo"
[component.demo]
source = "app.wasm"
`;

/** A runwasi image with more than one Wasm layer, of which shims start none. */
function twoLayers(layers: readonly Uint8Array[]): MakeImage {
  return artifact({
    config: {
      ...WASI,
      config: { Entrypoint: ['app.wasm'], Labels: { layers: 'two' } },
      rootfs: { type: 'layers', diff_ids: [] },
    },
    layers: layers.map((content) => ({
      mediaType: RUNWASI_LAYER,
      content,
    })),
  });
}

/** A runwasi image whose layer has the type of artifacts. */
function artifactLayer(wasm: Uint8Array): MakeImage {
  return artifact({
    config: {
      ...WASI,
      config: { Entrypoint: ['app.wasm'], Labels: { layers: 'application/wasm' } },
      rootfs: { type: 'layers', diff_ids: [] },
    },
    layers: [{ mediaType: CNCF_WASM_LAYER, content: wasm }],
  });
}

type Made = readonly [what: string, make: MakeImage, command?: readonly string[]];

/** Images of forms that the corpus lacks. Modules are marked, so that no two images share a layer or a compiled module. */
function madeImages(component: Uint8Array): Readonly<Record<string, Made>> {
  const module = (mark: string): Uint8Array => markedWasm(HELLO_MODULE, `record ${mark}`);
  const code = (mark: string): Uint8Array => markedWasm(component, `record ${mark}`);
  return {
    'made-artifact-behind-index': [
      'An index whose entry for linux/amd64 is a CNCF artifact.',
      imageIndex([{ image: cncfArtifact(module('cncf in index'), 'module'), platform: LINUX }]),
      ANY_NAME,
    ],
    'made-artifact-without-command': [
      'A CNCF artifact with a core module, in a container without a command.',
      cncfArtifact(module('cncf without command'), 'module'),
    ],
    'made-component-linux': [
      'A component as /app.wasm, the entrypoint of an image for linux/amd64.',
      filesImage({ platform: LINUX, files: { 'app.wasm': code('linux') }, entrypoint: '/app.wasm' }),
    ],
    'made-component-wasi': [
      'A component as /app.wasm, the entrypoint of an image for wasi/wasm.',
      filesImage({ platform: WASI, files: { 'app.wasm': code('wasi') }, entrypoint: '/app.wasm' }),
    ],
    'made-layer-application-wasm': [
      'A runwasi image whose layer has the type application/wasm.',
      artifactLayer(module('application/wasm')),
    ],
    'made-layer-behind-index': [
      'An index whose entry for linux/amd64 is a runwasi image.',
      imageIndex([{ image: layerImage(module('layer in index')), platform: LINUX }]),
    ],
    'made-layer-component': ['A runwasi image with a component.', layerImage(code('layer'))],
    'made-linux-wasm-platform': [
      'A core module as /app.wasm, the entrypoint of an image for linux/wasm.',
      filesImage({
        platform: { os: 'linux', architecture: 'wasm' },
        files: { 'app.wasm': module('linux/wasm') },
        entrypoint: '/app.wasm',
      }),
    ],
    'made-name-upper-case': [
      'A core module as /APP.WASM, the entrypoint of an image for linux/amd64.',
      filesImage({ platform: LINUX, files: { 'APP.WASM': module('upper case') }, entrypoint: '/APP.WASM' }),
    ],
    'made-name-without-suffix': [
      'A core module as /app, the executable entrypoint of an image for wasi/wasm.',
      filesImage({ platform: WASI, files: { app: module('no suffix') }, entrypoint: '/app' }),
    ],
    'made-platform-files': [
      'A core module and a script for a platform such as wws, in an image for wasi/wasm without a command.',
      filesImage({ platform: WASI, files: { 'index.js': '// a worker\n', 'hello.wasm': module('worker') } }),
      DIRECTORY,
    ],
    'made-spin-manifest-entrypoint': [
      'A Spin application as a file system whose entrypoint is /spin.toml.',
      filesImage({
        platform: WASI,
        files: { 'spin.toml': SPIN_MANIFEST, 'app.wasm': module('spin.toml starts') },
        entrypoint: '/spin.toml',
      }),
    ],
    'made-spin-module-entrypoint': [
      'A Spin application as a file system whose entrypoint is its module, which needs nothing of Spin.',
      filesImage({
        platform: WASI,
        files: { 'spin.toml': SPIN_MANIFEST, 'app.wasm': module('beside spin.toml') },
        entrypoint: '/app.wasm',
      }),
    ],
    'made-text': [
      'WebAssembly text as /app.wat, the entrypoint of an image for linux/amd64.',
      filesImage({ platform: LINUX, files: { 'app.wat': TEXT }, entrypoint: '/app.wat' }),
    ],
    'made-two-layers': [
      'A runwasi image with two Wasm layers.',
      twoLayers([module('first layer'), module('second layer')]),
    ],
    'made-wasi-config-behind-index': [
      'An index whose entry for linux/amd64 has a config for wasi/wasm; core module as /app.wasm.',
      imageIndex([
        {
          image: filesImage({
            platform: WASI,
            files: { 'app.wasm': module('wasi in index') },
            entrypoint: '/app.wasm',
          }),
          platform: LINUX,
        },
      ]),
    ],
  };
}

/** Every image of the record, by name: the corpus, and what is made for forms that it lacks. */
export function recordedImages(): readonly RecordedImage[] {
  const corpus = loadFixtureImages();
  const component = corpus.find(({ name }) => name === 'wkg-cli-component');
  if (component === undefined) throw new Error('The corpus has no component');
  const made = Object.entries(madeImages(readFixtureLayer(component)));
  return [
    ...corpus.map(fromCorpus),
    ...made.map(([name, [what, make, command]]): RecordedImage => {
      const reference = `record/${name}:1`;
      return { name, what, command: command ?? null, reference, put: (store) => void make(store, reference) };
    }),
  ];
}
