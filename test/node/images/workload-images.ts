import type { ImageFiles } from './image-table.ts';
import {
  cncfArtifact,
  executable,
  fileImage,
  imageIndex,
  layerImage,
  type MakeImage,
  markedWasm,
  PATH,
} from './oci-image.ts';
import { SLEEPING_MODULE, SMALL_MODULE } from './small-modules.ts';

const SHELL_COMMANDS = ['echo', 'sleep', 'cat', 'cp', 'true'];

function busyboxImage(busybox: Uint8Array): MakeImage {
  const links = SHELL_COMMANDS.map((name) => [`bin/${name}`, { same: 'bin/sh' }] as const);
  const files = { 'bin/sh': executable(busybox), ...Object.fromEntries(links) };
  return fileImage({ files, config: { Cmd: ['sh'], Env: [PATH] } });
}

/** A module or component as the file of an image. */
function wasmFile(
  wasm: Uint8Array,
  platform: { readonly os: string; readonly architecture: string },
): MakeImage {
  return fileImage({ ...platform, files: { 'app.wasm': wasm }, config: { Entrypoint: ['/app.wasm'] } });
}

const LINUX = { os: 'linux', architecture: 'amd64' };
const WASI = { os: 'wasi', architecture: 'wasm' };
const WASIP1 = { os: 'wasip1', architecture: 'wasm' };
const WASIP2 = { os: 'wasip2', architecture: 'wasm' };

/**
 * Images that run: the names of the small module's start with its flavor, of the Go modules' with `go-`. Each small module is
 * marked, so that no two images share a layer or what a shim compiled of it.
 */
export function workloadImages(files: ImageFiles) {
  const small = (mark: string): Uint8Array => markedWasm(SMALL_MODULE, mark);
  return {
    pause: fileImage({ files: { pause: executable(files.pause) }, config: { Entrypoint: ['/pause'] } }),
    busybox: busyboxImage(files.busybox),
    'wasi-module': wasmFile(small('wasi'), WASI),
    'wasip1-module': wasmFile(small('wasip1'), WASIP1),
    'linux-module': wasmFile(small('linux'), LINUX),
    'linux-index': imageIndex([
      { image: wasmFile(small('index'), LINUX), platform: LINUX },
      { image: wasmFile(small('index of wasi'), WASI), platform: WASI },
    ]),
    'cncf-module': cncfArtifact(small('cncf'), 'module'),
    'cncf-component': cncfArtifact(markedWasm(files.component, 'cncf'), 'component'),
    'layer-module': layerImage(small('layer')),
    'layer-component': layerImage(markedWasm(files.component, 'layer')),
    'component-file': wasmFile(markedWasm(files.component, 'file'), WASIP2),
    'sleeping-module': wasmFile(SLEEPING_MODULE, LINUX),
    'sleeping-layer': layerImage(SLEEPING_MODULE),
    exit3: wasmFile(files.exit3, LINUX),
    'go-file': wasmFile(files.hello, LINUX),
    'go-layer': layerImage(files.hello),
    'go-http-file': wasmFile(files.http, LINUX),
    'go-http-layer': layerImage(files.http),
    'go-big-file': wasmFile(files.big, LINUX),
    'go-big-layer': layerImage(files.big),
  };
}
