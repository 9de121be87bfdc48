import type { ImageStore } from '../../src/fake-registry/image-store.ts';
import {
  pushBlob,
  pushManifest,
  targetOf,
  type PushedContent,
  createTarLayer,
} from '../../src/fake-registry/push-image.ts';
import { OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from '../../src/image/media-types.ts';
import { TAR_LAYER } from '../support/image/image-facts.ts';
import { ELF } from '../support/image/tar.ts';
import { wasmModule } from '../support/image/wasm-module.ts';

type Target = ReturnType<typeof targetOf>;
type Push = (target: Target) => PushedContent;

const MODULE = wasmModule();
const COMPONENT = Buffer.from([0x00, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);
const SCRIPT = '#!/bin/sh\necho a script\n';
const TEXT = 'this is no module';
const SPIN = 'spin_manifest_version = 2\n';
const PATH = { Env: ['PATH=/usr/local/bin:/usr/bin:/bin'] };
const BUSYBOX = Object.fromEntries(
  ['busybox', 'sh', 'echo', 'sleep', 'true'].map((name) => [`bin/${name}`, ELF]),
);

/** Describes an image with these files in one tar layer. */
function tar(platform: string, files: Readonly<Record<string, Uint8Array | string>>, run: object): Push {
  const [os = '', architecture = ''] = platform.split('/');
  return (target) => {
    const layer = createTarLayer(files);
    const rootfs = { type: 'layers', diff_ids: [layer.diffId] };
    const config = pushBlob(target, OCI_CONFIG, { os, architecture, config: run, rootfs });
    const layers = [pushBlob(target, TAR_LAYER, layer.gzip)];
    return pushManifest(target, { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers });
  };
}

const RUNWASI_LAYER = 'application/vnd.bytecodealliance.wasm.component.layer.v0+wasm';

/** Describes an image in the format of runwasi's oci-tar-builder. */
function runwasi(files: readonly Uint8Array[], run: object, mediaType = RUNWASI_LAYER): Push {
  return (target) => {
    const rootfs = { type: 'layers', diff_ids: [] };
    const config = pushBlob(target, OCI_CONFIG, { os: 'wasip1', architecture: 'wasm', config: run, rootfs });
    const layers = files.map((file) => pushBlob(target, mediaType, file));
    return pushManifest(target, { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers });
  };
}

function cncf(file: Uint8Array): Push {
  const component = { exports: ['wasi:cli/run@0.2.0'], imports: [], target: null };
  return (target) => {
    const layer = pushBlob(target, 'application/wasm', file);
    const isComponent = file === COMPONENT;
    const config = pushBlob(target, 'application/vnd.wasm.config.v0+json', {
      architecture: 'wasm',
      os: isComponent ? 'wasip2' : 'wasip1',
      layerDigests: [layer.digest],
      ...(isComponent ? { component } : {}),
    });
    return pushManifest(target, { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [layer] });
  };
}

/** Describes an index of these entries; platform `''` stands for an entry without one. */
function index(...entries: readonly (readonly [platform: string, image: Push])[]): Push {
  return (target) => {
    const manifests = entries.map(([platform, push]) => {
      const [os, architecture] = platform.split('/');
      return {
        ...push({ ...target, tag: null }),
        ...(platform === '' ? {} : { platform: { os, architecture } }),
      };
    });
    return pushManifest(target, { schemaVersion: 2, mediaType: OCI_INDEX, manifests }, OCI_INDEX);
  };
}

const AMD = 'linux/amd64';
const app = { 'app.wasm': MODULE };
const entry = (...Entrypoint: readonly string[]) => ({ Entrypoint });
const wasiApp = tar('wasi/wasm', app, entry('/app.wasm'));
const linuxApp = tar(AMD, app, entry('/app.wasm'));
const inSrv = (name: string) =>
  tar(AMD, { 'srv/app.wasm': MODULE }, { ...entry(name), WorkingDir: '/srv', ...PATH });
const spinFiles = { 'spin.toml': SPIN, 'app.wasm': MODULE };

/** Minimal copies of the measured images, with equivalent manifests, configs and layers. */
export const MEASURED_IMAGES = {
  busybox: tar(AMD, BUSYBOX, { Cmd: ['sh'], ...PATH }),
  wasi: wasiApp,
  wasip1: tar('wasip1/wasm', app, entry('/app.wasm')),
  linux: linuxApp,
  'linux, by CMD': tar(AMD, app, { Cmd: ['/app.wasm'] }),
  'linux, no extension': tar(AMD, { app: MODULE }, entry('/app')),
  'linux, upper case': tar(AMD, { 'APP.WASM': MODULE }, entry('/APP.WASM')),
  'linux, text': tar(AMD, { 'app.wat': '(module)' }, entry('/app.wat')),
  'linux/arm64': tar('linux/arm64', app, entry('/app.wasm')),
  'linux/wasm': tar('linux/wasm', app, entry('/app.wasm')),
  'linux, relative': tar(AMD, app, { ...entry('app.wasm'), WorkingDir: '/', ...PATH }),
  'wasi, relative': tar('wasi/wasm', app, { ...entry('app.wasm'), WorkingDir: '/', ...PATH }),
  'in /srv': inSrv('app.wasm'),
  'in /srv by ./': inSrv('./app.wasm'),
  'on PATH': tar(AMD, { 'usr/bin/app.wasm': MODULE }, { ...entry('app.wasm'), ...PATH }),
  'with #': tar(AMD, app, entry('/app.wasm#_start')),
  'linux, file missing': tar(AMD, { 'other.wasm': MODULE }, entry('/app.wasm')),
  'wasi, file missing': tar('wasi/wasm', { 'other.wasm': MODULE }, entry('/app.wasm')),
  'linux, no entrypoint': tar(AMD, app, {}),
  'wasi, no entrypoint': tar('wasi/wasm', app, {}),
  'shell starts it': tar(AMD, { ...BUSYBOX, ...app }, entry('/bin/sh', '-c', 'exec /app.wasm')),
  'wasi, shell': tar('wasi/wasm', app, { Cmd: ['/bin/sh', '-c', '/app.wasm --serve'] }),
  'wasi, ELF': tar('wasi/wasm', BUSYBOX, entry('/bin/busybox', 'echo')),
  'no module': tar(AMD, { 'app.wasm': TEXT }, entry('/app.wasm')),
  'script called .wasm': tar(AMD, { ...BUSYBOX, 'app.wasm': SCRIPT }, entry('/app.wasm')),
  'ELF called .wasm': tar(AMD, { 'app.wasm': ELF }, entry('/app.wasm')),
  'component in tar': tar('wasip2/wasm', { 'app.wasm': COMPONENT }, entry('/app.wasm')),
  'component in linux': tar(AMD, { 'app.wasm': COMPONENT }, entry('/app.wasm')),
  layer: runwasi([MODULE], entry('app.wasm')),
  'layer of application/wasm': runwasi([MODULE], entry('app.wasm'), 'application/wasm'),
  'layer, no command': runwasi([MODULE], {}),
  'two layers': runwasi([MODULE, MODULE], entry('app.wasm')),
  'component layer': runwasi([COMPONENT], entry('app.wasm')),
  'CNCF module': cncf(MODULE),
  'CNCF component': cncf(COMPONENT),
  'index of wasi': index(['wasi/wasm', wasiApp]),
  'index of amd64': index([AMD, linuxApp]),
  'index of arm64': index(['linux/arm64', tar('linux/arm64', app, entry('/app.wasm'))]),
  'index of ELF and wasi': index([AMD, tar(AMD, BUSYBOX, entry('/bin/busybox'))], ['wasi/wasm', wasiApp]),
  'index of linux/wasm': index(['linux/wasm', tar('linux/wasm', app, entry('/app.wasm'))]),
  'index without platform, linux': index(['', linuxApp]),
  'index without platform, wasi': index(['', wasiApp]),
  'index of amd64, wasi inside': index([AMD, wasiApp]),
  'spin.toml, wasi': tar('wasi/wasm', spinFiles, entry('/spin.toml')),
  'spin.toml, linux': tar(AMD, spinFiles, entry('/spin.toml')),
  'spin, no entrypoint, linux': tar(AMD, spinFiles, {}),
  'spin, module as entrypoint': tar(AMD, spinFiles, entry('/app.wasm')),
  'spin, no entrypoint, wasi': tar('wasi/wasm', spinFiles, {}),
} as const satisfies Readonly<Record<string, Push>>;

export type MeasuredImage = keyof typeof MEASURED_IMAGES;

/** Pushes all images and returns a function from the name of an image to its reference. */
export function putMeasuredImages(store: ImageStore, host: string): (name: MeasuredImage) => string {
  const names = Object.keys(MEASURED_IMAGES) as readonly MeasuredImage[];
  const tags = new Map(names.map((name, position) => [name, `measured/image:${position}`]));
  for (const [name, tag] of tags) MEASURED_IMAGES[name](targetOf(store, tag));
  return (name) => `${host}/${tags.get(name) ?? ''}`;
}
