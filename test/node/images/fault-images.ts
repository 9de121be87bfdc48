import { createHash } from 'node:crypto';
import { loadFixtureImages, putFixtureImage } from '../../support/image/fixture-images.ts';
import type { ImageFiles } from './image-table.ts';
import {
  artifact,
  cncfArtifact,
  executable,
  fileImage,
  imageIndex,
  layerImage,
  type MakeImage,
  markedWasm,
  PATH,
  RUNWASI_LAYER,
  spinApplication,
} from './oci-image.ts';
import { SMALL_MODULE } from './small-modules.ts';

const WASI = { os: 'wasi', architecture: 'wasm' };
const AMD64 = { os: 'linux', architecture: 'amd64' };
const ARM64 = { os: 'linux', architecture: 'arm64' };
const UNKNOWN = { os: 'unknown', architecture: 'unknown' };

/** Returns the small module, unlike that of any other image. */
function small(mark: string): Uint8Array {
  return markedWasm(SMALL_MODULE, mark);
}

/** Returns the small module with a name or a text in it replaced by another of the same length, as its sections state theirs. */
function respelled(before: string, after: string): Uint8Array {
  const module = Buffer.from(SMALL_MODULE);
  const at = module.indexOf(before);
  if (at < 0 || before.length !== after.length) throw new RangeError(`Cannot respell "${before}"`);
  module.write(after, at, 'latin1');
  return module;
}

/** Returns this many bytes, which no compression makes fewer. */
function incompressible(bytes: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(bytes / 64) }, (_, index) =>
    createHash('sha512').update(String(index)).digest(),
  );
  return Buffer.concat(blocks).subarray(0, bytes);
}

/** Appends a custom section with this many bytes. */
function padded(wasm: Uint8Array, bytes: number): Uint8Array {
  const content = Buffer.concat([Buffer.from([7, ...Buffer.from('padding')]), incompressible(bytes)]);
  // LEB128 in five bytes, whatever the length.
  const length = [0, 7, 14, 21, 28].map(
    (bits) => ((content.length >>> bits) & 0x7f) | (bits < 28 ? 0x80 : 0),
  );
  return Buffer.concat([wasm, Buffer.from([0, ...length]), content]);
}

/** A Wasm layer under a config that says nothing of the layer, and so is the config of every such image. */
function anonymousLayer(wasm: Uint8Array, count = 1): MakeImage {
  return artifact({
    config: {
      architecture: 'wasm',
      os: 'wasip1',
      config: { Entrypoint: [count === 1 ? 'shared.wasm' : 'app.wasm'] },
      rootfs: { type: 'layers', diff_ids: [] },
    },
    layers: Array.from({ length: count }, () => ({ mediaType: RUNWASI_LAYER, content: wasm })),
  });
}

/** Provenance, which BuildKit adds by default, and which makes every image an index. */
function attestation(): MakeImage {
  return artifact({
    config: { ...UNKNOWN, config: {}, rootfs: { type: 'layers', diff_ids: [] } },
    layers: [{ mediaType: 'application/vnd.in-toto+json', content: '{}' }],
  });
}

const PROVENANCE = {
  image: attestation(),
  platform: UNKNOWN,
  annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
};

/** A fixture of test/images, with the bytes that a tool pushed. */
function fixture(wanted: string): MakeImage {
  return (store, name) => {
    const found = loadFixtureImages().find((each) => each.name === wanted);
    if (found === undefined) throw new Error(`there is no fixture ${wanted}`);
    return putFixtureImage(store, found, name);
  };
}

function linuxProgram(busybox: Uint8Array, text: string): MakeImage {
  return fileImage({
    files: { 'bin/sh': executable(busybox), 'bin/echo': { same: 'bin/sh' } },
    config: { Entrypoint: ['/bin/echo', text], Env: [PATH] },
  });
}

/** A module as a file of an image for wasi/wasm. */
function wasiFile(wasm: Uint8Array): MakeImage {
  return fileImage({ ...WASI, files: { 'app.wasm': wasm }, config: { Entrypoint: ['/app.wasm'] } });
}

function archModule(platform: typeof AMD64): MakeImage {
  const files = { 'app.wasm': small(platform.architecture) };
  return fileImage({ ...platform, files, config: { Entrypoint: ['/app.wasm'] } });
}

const SPIN_TOML =
  'spin_manifest_version = 2\n[application]\nname = "demo"\n[[trigger.http]]\nroute = "/..."\ncomponent = "demo"\n' +
  '[component.demo]\nsource = "demo.wasm"\n';

/** Images that cannot run, that run only somewhere or somehow, or that look as if they could not. */
export function faultImages({ busybox, hello, http, component }: ImageFiles) {
  return {
    'executable-module': fileImage({
      files: { 'app.wasm': executable(small('executable')) },
      config: { Entrypoint: ['/app.wasm'] },
    }),
    'nameless-module': fileImage({
      files: { app: executable(small('nameless')) },
      config: { Entrypoint: ['/app'] },
    }),
    'uppercase-module': fileImage({
      files: { 'APP.WASM': small('uppercase') },
      config: { Entrypoint: ['/APP.WASM'] },
    }),
    'relative-module': fileImage({
      files: { 'srv/app.wasm': small('relative') },
      config: { Cmd: ['app.wasm'], WorkingDir: '/srv', Env: [PATH] },
    }),
    'arm64-module': archModule(ARM64),
    'linux-wasm-module': archModule({ os: 'linux', architecture: 'wasm' }),
    'module-on-path': fileImage({
      files: { 'usr/bin/app.wasm': small('path') },
      config: { Entrypoint: ['app.wasm'], Env: [PATH] },
    }),
    'module-without-entrypoint': fileImage({ files: { 'app.wasm': small('entrypoint') } }),
    'module-beside-a-shell': fileImage({
      files: {
        'bin/sh': executable(busybox),
        'bin/cp': { same: 'bin/sh' },
        'bin/sleep': { same: 'bin/sh' },
        'app.wasm': small('shell'),
      },
      config: { Entrypoint: ['/app.wasm'] },
    }),
    'component-beside-a-shell': fileImage({
      files: {
        'bin/sh': executable(busybox),
        'bin/cp': { same: 'bin/sh' },
        'app.wasm': markedWasm(component, 'shell'),
      },
      config: { Entrypoint: ['/app.wasm'] },
    }),
    // `_start` renamed: nothing to start, as in a library.
    reactor: wasiFile(respelled('_start', '_begin')),
    // Of Lunatic, which the Wasmtime shim does not offer.
    'lunatic-module': wasiFile(respelled('wasi_snapshot_preview1', 'lunatic::message::send')),
    'js-module': fixture('bk-js-wasm'),
    text: fileImage({ files: { 'hello.wat': '(module)' }, config: { Entrypoint: ['/hello.wat'] } }),
    'executable-text': fileImage({
      files: { 'hello.wat': executable('(module)') },
      config: { Entrypoint: ['/hello.wat'] },
    }),
    pointer: wasiFile(Buffer.from('version https://git-lfs.github.com/spec/v1\n')),
    'wasi-linux-program': fileImage({
      ...WASI,
      files: { 'bin/busybox': executable(busybox) },
      config: { Entrypoint: ['/bin/busybox', 'echo', 'a Linux program for wasi'] },
    }),
    // Behind a file that is larger than what wasmgate reads of a layer.
    'distant-module': fileImage({
      ...WASI,
      files: { data: incompressible(600_000), server: executable(small('distant')) },
      config: { Entrypoint: ['/server'] },
    }),
    'distant-program': fileImage({
      ...WASI,
      files: { 'bin/busybox': executable(busybox), 'bin/echo': { same: 'bin/busybox' } },
      config: { Entrypoint: ['/bin/echo', 'a distant Linux program'] },
    }),
    'script-named-wasm': fileImage({
      // The script first: wasmgate reads the head of a layer.
      files: { 'run.wasm': executable('#!/bin/sh\necho a script\n'), 'bin/sh': executable(busybox) },
      config: { Entrypoint: ['/run.wasm'] },
    }),
    'fault-spin': spinApplication(small('spin')),
    'spin-files': fileImage({
      files: { 'spin.toml': SPIN_TOML, 'demo.wasm': small('spin files') },
      config: { Entrypoint: ['/spin.toml'] },
    }),
    'fault-slight': fixture('slight-wasi'),
    'proxy-plugin': fixture('istio-proxywasm-compat'),
    'kubewarden-policy': fixture('kubewarden-policy'),
    'helm-chart': fixture('helm-chart'),
    'fault-layer': layerImage(small('fault layer')),
    'layer-without-command': layerImage(small('no command'), null),
    'fault-artifact': cncfArtifact(small('fault artifact'), 'module'),
    'two-layers': anonymousLayer(small('two layers'), 2),
    'indexed-layer': imageIndex([{ image: layerImage(small('indexed')), platform: AMD64 }]),
    'shared-config-1': anonymousLayer(respelled('hello from wasm', 'the first image')),
    'shared-config-2': anonymousLayer(respelled('hello from wasm', 'the other image')),
    // Its config lists no layer.
    'layer-mismatch': fixture('oras-empty-image-config'),
    'wasi-index': imageIndex([{ image: wasiFile(small('wasi index')), platform: WASI }, PROVENANCE]),
    'arm64-index': imageIndex([{ image: archModule(ARM64), platform: ARM64 }, PROVENANCE]),
    'amd64-index': imageIndex([{ image: archModule(AMD64), platform: AMD64 }, PROVENANCE]),
    'linux-and-wasi-index': imageIndex([
      { image: linuxProgram(busybox, 'the Linux entry'), platform: AMD64 },
      { image: wasiFile(small('beside Linux')), platform: WASI },
    ]),
    'mixed-index': imageIndex([
      { image: linuxProgram(busybox, 'the entry without a platform') },
      { image: wasiFile(small('mixed index')), platform: WASI },
    ]),
    'index-without-platforms': imageIndex([{ image: archModule(AMD64) }]),
    // A Linux program that a Pod need not name.
    sleeper: fileImage({
      files: { 'bin/sh': executable(busybox), 'bin/sleep': { same: 'bin/sh' } },
      config: { Entrypoint: ['/bin/sleep', '600'], Env: [PATH] },
    }),
    'fault-go-file': fileImage({ files: { 'app.wasm': hello }, config: { Entrypoint: ['/app.wasm'] } }),
    'fault-http-file': fileImage({ files: { 'app.wasm': http }, config: { Entrypoint: ['/app.wasm'] } }),
    'large-file': wasiFile(padded(small('large'), 6_000_000)),
  } as const satisfies Readonly<Record<string, MakeImage>>;
}
