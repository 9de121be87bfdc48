import type { FindingId } from '../../../../src/policy/finding-catalog.ts';
import { type FindingEvidence, podOf, shown } from './node-case.ts';
import { CLASSES } from './stage-objects.ts';

const ON_WASMTIME = { runtimeClassName: 'wasmtime' };

const MOUNTED = [{ name: 'data', mountPath: '/data' }];

/** What is found about images. */
export const IMAGE_FINDINGS = {
  'image-will-not-pull': shown(
    {
      kind: 'denied',
      what: 'an index for wasi/wasm with provenance; the node runs it under class wasmtime',
      pod: podOf('wasi-index'),
      under: 'wasmtime',
      named: ['ErrImagePull', 'Failed to pull image', 'no match for platform in manifest', ': not found'],
    },
    {
      kind: 'denied',
      what: 'the same index; the node runs it without a class',
      pod: podOf('wasi-index'),
      named: ['ErrImagePull', 'no match for platform in manifest'],
    },
    {
      kind: 'denied',
      what: 'a config that lists other layers than the manifest',
      pod: podOf('layer-mismatch', { command: ['/app.wasm'] }),
      also: ['image-unknown'],
      named: ['ErrImagePull'],
      shows: ["number of layers and diffIDs don't match"],
    },
  ),
  'image-may-not-pull': shown({
    kind: 'warned',
    what: 'an index whose Linux entry has no platform, beside one for wasi/wasm',
    pod: podOf('mixed-index'),
    named: ['ErrImagePull'],
  }),
  'image-not-a-workload': shown(
    {
      kind: 'warned',
      what: 'a proxy-wasm plugin',
      pod: podOf('proxy-plugin'),
      named: ['CreateContainerError', 'no command specified'],
    },
    {
      kind: 'warned',
      what: 'a policy of Kubewarden',
      pod: podOf('kubewarden-policy'),
      named: ['CreateContainerError', 'no command specified'],
    },
    {
      kind: 'warned',
      what: 'a Helm chart',
      pod: podOf('helm-chart'),
      named: ['CreateContainerError', 'no command specified'],
    },
    {
      kind: 'warned',
      what: 'an image with two Wasm layers, under class wasmtime',
      // A first start may also end in StartError: see packaging-advice.
      pod: podOf('two-layers', {}, { restartPolicy: 'OnFailure', ...ON_WASMTIME }),
      named: [],
      shows: [': Error, exit code 137', 'app: empty log'],
    },
  ),
  'image-unknown': shown(
    {
      kind: 'warned',
      what: 'an image that does not exist, under class wasmtime',
      pod: podOf('no-such-image', {}, ON_WASMTIME),
      named: [],
      shows: ['app: waiting, ErrImagePull', 'not found'],
    },
    {
      kind: 'warned',
      what: 'a module for js/wasm',
      pod: podOf('js-module'),
      named: [],
      shows: ['app: StartError, exit code 128', 'exec: "/main.wasm": permission denied'],
    },
  ),
  'command-not-in-image': shown({
    kind: 'warned',
    what: 'a command that the image does not hold',
    pod: podOf('linux-module', { command: ['/main.wasm'] }, ON_WASMTIME),
    named: ['StartError', "wasmtime executor can't handle spec"],
  }),
  'file-not-wasm': shown(
    {
      kind: 'warned',
      what: 'a Git LFS pointer in place of the module',
      pod: podOf('pointer', {}, ON_WASMTIME),
      named: ['StartError', "wasmtime executor can't handle spec"],
    },
    {
      kind: 'warned',
      what: 'a Linux program in an image for wasi/wasm',
      pod: podOf('wasi-linux-program'),
      named: [],
      shows: ['app: Completed, exit code 0', 'log of app: a Linux program for wasi'],
    },
    {
      kind: 'warned',
      what: 'a script called run.wasm',
      pod: podOf('script-named-wasm'),
      named: [],
      shows: ['app: Completed, exit code 0', 'log of app: a script'],
    },
  ),
  'wat-not-runnable': shown({
    kind: 'denied',
    what: 'a file of WebAssembly text under class wasmtime',
    pod: podOf('text', {}, ON_WASMTIME),
    also: ['handler-cannot-run-image'],
    named: ['exit code 137', 'empty log'],
    shows: ['app: Error, exit code 137'],
  }),
  'component-on-module-runtime': shown({
    kind: 'warned',
    what: 'a component from a volume under crun',
    needs: 'crun',
    pod: {
      spec: {
        runtimeClassName: CLASSES.crun,
        volumes: [{ name: 'data', emptyDir: {} }],
        containers: [{ name: 'app', image: 'busybox', command: ['/data/app.wasm'], volumeMounts: MOUNTED }],
        initContainers: [
          {
            name: 'first',
            image: 'component-beside-a-shell',
            command: ['/bin/cp', '/app.wasm', '/data/app.wasm'],
            volumeMounts: MOUNTED,
          },
        ],
      },
    },
    engine: 'wasmedge',
    also: ['annotation-delivery-unknown', 'exit-code-lost'],
    named: ['unknown binary version', 'enabling Component Model proposal'],
    shows: ['app: Error, exit code 1'],
  }),
  'image-identity-shared': shown({
    kind: 'warned',
    what: 'a second image with the same config',
    after: podOf('shared-config-1', {}, { restartPolicy: 'OnFailure' }),
    pod: podOf('shared-config-2', {}, { restartPolicy: 'OnFailure', ...ON_WASMTIME }),
    named: [],
    shows: ['app: Completed, exit code 0', 'log of app: the first image'],
  }),
  'command-required': shown(
    {
      kind: 'denied',
      what: 'a CNCF artifact without a command; the node runs it under class wasmtime',
      pod: podOf('fault-artifact'),
      under: 'wasmtime',
      named: ['CreateContainerError', 'failed to generate spec: no command specified'],
    },
    {
      kind: 'denied',
      what: 'a Wasm layer whose config has no entrypoint; the node runs it under class wasmtime',
      pod: podOf('layer-without-command'),
      under: 'wasmtime',
      named: ['CreateContainerError', 'failed to generate spec: no command specified'],
    },
  ),
} as const satisfies Partial<Record<FindingId, FindingEvidence>>;
