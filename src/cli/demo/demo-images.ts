import type { ImageStore } from '../../fake-registry/image-store.ts';
import {
  CREATED,
  pushBlob,
  pushImage,
  pushIndex,
  pushManifest,
  targetOf,
  type Build,
  type Target,
} from '../../fake-registry/push-image.ts';
import { COMMAND_COMPONENT, HELLO_MODULE } from '../../fake-registry/wasm-programs.ts';
import { CNCF_WASM_CONFIG, OCI_CONFIG, OCI_MANIFEST } from '../../image/media-types.ts';
import type { Digest } from '../../image/reference.ts';

const SPIN_WASM = 'application/vnd.wasm.content.layer.v1+wasm';
const SPIN_APPLICATION = 'application/vnd.fermyon.spin.application.v1+config';

/** References, without the registry's host. */
export const DEMO_IMAGES = {
  web: 'demo/web:1.29',
  logShipper: 'demo/log-shipper:2.1',
  hello: 'demo/hello:1.0',
  filter: 'demo/filter:3.2',
  orders: 'demo/orders:2.3',
  greeter: 'demo/greeter:0.4',
  nightly: 'demo/nightly:latest',
} as const;

function wasmFile(name: string, os: string, architecture: string): Build {
  return { os, architecture, files: { [name]: HELLO_MODULE }, entrypoint: [`/${name}`] };
}

function linuxProgram(name: string, architecture: string, cmd: readonly string[]): Build {
  const files = { [name]: '#!/bin/sh\nexec "$@"\n' };
  return { os: 'linux', architecture, files, entrypoint: [`/${name}`], cmd };
}

/** Pushes in the format of `spin registry push` of Spin 2 and later: no top-level mediaType, no entrypoint. */
function pushSpinApplication(target: Target): void {
  const program = pushBlob(target, SPIN_WASM, HELLO_MODULE);
  const application = pushBlob(target, SPIN_APPLICATION, {
    spin_lock_version: 1,
    metadata: { name: 'orders', version: '2.3.0' },
    triggers: [
      { id: 'trigger-orders', trigger_type: 'http', trigger_config: { component: 'orders', route: '/...' } },
    ],
    components: [{ id: 'orders', source: { content_type: 'application/wasm', digest: program.digest } }],
  });
  const labels = { 'com.fermyon.spin.lockedAppDigest': application.digest };
  const config = pushBlob(target, OCI_CONFIG, {
    architecture: 'wasm',
    os: 'wasip1',
    config: { Labels: labels },
    rootfs: { type: 'layers', diff_ids: [] },
  });
  pushManifest(target, { schemaVersion: 2, config, layers: [program, application] });
}

/** Pushes in the format of `wkg oci push` (CNCF Wasm OCI artifact layout). */
function pushComponent(target: Target): void {
  const layer = pushBlob(target, 'application/wasm', COMMAND_COMPONENT);
  const config = pushBlob(target, CNCF_WASM_CONFIG, {
    created: CREATED,
    author: null,
    architecture: 'wasm',
    os: 'wasip2',
    layerDigests: [layer.digest],
    component: { exports: ['wasi:cli/run@0.2.0'], imports: [], target: null },
  });
  pushManifest(target, { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [layer] });
}

export interface PushedDemoImages {
  /** Digest of the image in the index that no node can pull. */
  readonly nightlyChild: Digest;
}

/** Pushes all demo images, each in the format of its usual tool. */
export function pushDemoImages(store: ImageStore): PushedDemoImages {
  const target = (name: keyof typeof DEMO_IMAGES): Target => targetOf(store, DEMO_IMAGES[name]);
  const nginx = ['nginx', '-g', 'daemon off;'];
  const web = ['amd64', 'arm64'].map((name) => linuxProgram('docker-entrypoint.sh', name, nginx));
  pushIndex(target('web'), web);
  pushImage(target('logShipper'), linuxProgram('ship-logs', 'amd64', ['--follow', '/logs']));
  pushImage(target('hello'), wasmFile('hello.wasm', 'wasi', 'wasm'));
  pushImage(target('filter'), wasmFile('filter.wasm', 'linux', 'amd64'));
  pushSpinApplication(target('orders'));
  pushComponent(target('greeter'));
  const nightly = wasmFile('nightly.wasm', 'wasi', 'wasm');
  pushIndex(target('nightly'), [nightly]);
  return { nightlyChild: pushImage({ ...target('nightly'), tag: null }, nightly).digest };
}
