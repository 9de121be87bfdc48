import type { Pod, PodSpec } from '../../pod/pod.ts';
import { AUDITED_NAMESPACE } from './demo-cluster.ts';
import { DEMO_IMAGES, type PushedDemoImages } from './demo-images.ts';

/** `untouched`: nothing to say · `changed` · `refused` · `told`: admitted as it is, with warnings. */
export type DemoAnswer = 'untouched' | 'changed' | 'refused' | 'told';

/** What the demo promises of a scene, and holds itself to. */
export interface Promised {
  readonly answer: DemoAnswer;
  /** Of the Pod that would be stored; null for none. */
  readonly runtimeClass: string | null;
  /** By container: `container`, or `wasm/` and the flavour. */
  readonly images: Readonly<Record<string, string>>;
  /** Words of the refusal or the warnings; where there are none, nothing is to be said. */
  readonly says: readonly string[];
}

export interface Scene {
  readonly title: string;
  readonly story: string;
  readonly namespace: string;
  readonly pod: Pod;
  readonly promised: Promised;
}

interface Written {
  readonly story: string;
  readonly namespace?: string;
  readonly name: string;
  readonly spec: PodSpec;
  readonly promised: Omit<Promised, 'says'> & { readonly says?: readonly string[] };
}

function scene(title: string, { story, namespace = 'default', name, spec, promised }: Written): Scene {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec };
  return { title, story, namespace, pod, promised: { says: [], ...promised } };
}

function admitted(image: (name: keyof typeof DEMO_IMAGES) => string): readonly Scene[] {
  return [
    scene('An ordinary Linux Pod', {
      story: 'Most Pods of most clusters: looked at, and left as they are.',
      name: 'web',
      spec: { containers: [{ name: 'nginx', image: image('web') }] },
      promised: { answer: 'untouched', runtimeClass: null, images: { nginx: 'container' } },
    }),
    scene('A Wasm module', {
      story: 'Built with docker buildx --platform wasi/wasm. Nothing in the Pod says so; the image does.',
      name: 'hello',
      spec: { containers: [{ name: 'hello', image: image('hello') }] },
      promised: { answer: 'changed', runtimeClass: 'crun-wasm', images: { hello: 'wasm/wasi-image' } },
    }),
    scene('A Spin application', {
      story:
        'Pushed with spin registry push. It has no entrypoint, so the Pod gets the command its shim expects.',
      name: 'orders',
      spec: { containers: [{ name: 'orders', image: image('orders') }] },
      promised: { answer: 'changed', runtimeClass: 'wasmtime-spin-v2', images: { orders: 'wasm/spin-app' } },
    }),
    scene('A component as an OCI artefact', {
      story:
        'Pushed with wkg oci push. crun, first in the list of this cluster, runs modules only: not chosen here.',
      name: 'greeter',
      spec: { containers: [{ name: 'greeter', image: image('greeter'), command: ['greeter'] }] },
      promised: { answer: 'changed', runtimeClass: 'wasmtime', images: { greeter: 'wasm/oci-component' } },
    }),
    scene('Wasm beside a Linux sidecar', {
      story:
        'A .wasm file in a linux/amd64 image, with a limit of its own. The limit stays, and the sidecar stays as it is.',
      name: 'filter',
      spec: {
        containers: [
          { name: 'filter', image: image('filter'), resources: { limits: { memory: '96Mi' } } },
          { name: 'ship-logs', image: image('logShipper') },
        ],
      },
      promised: {
        answer: 'changed',
        runtimeClass: 'crun-wasm',
        images: { filter: 'wasm/wasm-entrypoint', 'ship-logs': 'container' },
      },
    }),
  ];
}

function objected(
  image: (name: keyof typeof DEMO_IMAGES) => string,
  { nightlyChild }: PushedDemoImages,
): readonly Scene[] {
  return [
    scene('Spin under the wrong class', {
      story: 'On the node it would never start, and the message there would not tell why.',
      name: 'orders-by-hand',
      spec: { runtimeClassName: 'wasmtime', containers: [{ name: 'orders', image: image('orders') }] },
      promised: {
        answer: 'refused',
        runtimeClass: 'wasmtime',
        images: { orders: 'wasm/spin-app' },
        says: ['wasmtime-spin-v2'],
      },
    }),
    scene('An index that no node can pull', {
      story:
        'A Wasm module with the provenance that docker buildx adds by default: ErrImagePull on every node.',
      name: 'nightly',
      spec: { containers: [{ name: 'nightly', image: image('nightly') }] },
      promised: {
        answer: 'refused',
        runtimeClass: null,
        images: { nightly: 'wasm/wasi-index' },
        says: [nightlyChild, '--provenance=false'],
      },
    }),
    scene('A namespace in mode audit', {
      story: `Namespace ${AUDITED_NAMESPACE} has the label wasmgate.dev/mode: audit. Nothing is changed, all is told.`,
      namespace: AUDITED_NAMESPACE,
      name: 'hello',
      spec: { containers: [{ name: 'hello', image: image('hello') }] },
      promised: {
        answer: 'told',
        runtimeClass: null,
        images: { hello: 'wasm/wasi-image' },
        says: ['would set runtimeClassName "crun-wasm"'],
      },
    }),
  ];
}

/** @param registry host and port, as references name it */
export function demoScenes(registry: string, pushed: PushedDemoImages): readonly Scene[] {
  const image = (name: keyof typeof DEMO_IMAGES): string => `${registry}/${DEMO_IMAGES[name]}`;
  return [...admitted(image), ...objected(image, pushed)];
}
