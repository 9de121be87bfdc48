import type { Pod, PodSpec } from '../../pod/pod.ts';
import { AUDITED_NAMESPACE } from './demo-cluster.ts';
import { DEMO_IMAGES, type PushedDemoImages } from './demo-images.ts';

/** `untouched`: no change, no warning · `warned`: admitted unchanged, with warnings. */
export type SceneOutcome = 'untouched' | 'changed' | 'denied' | 'warned';

/** The expected result of a scene, which the demo verifies. */
export interface ExpectedResult {
  readonly outcome: SceneOutcome;
  /** RuntimeClass of the stored Pod; null for none. */
  readonly runtimeClass: string | null;
  /** By container: `container`, or `wasm/` and the flavour. */
  readonly images: Readonly<Record<string, string>>;
  /** Parts of the denial or the warnings; if empty, there must be neither. */
  readonly mentions: readonly string[];
}

export interface Scene {
  readonly title: string;
  readonly story: string;
  readonly namespace: string;
  readonly pod: Pod;
  readonly expected: ExpectedResult;
}

interface SceneInput {
  readonly story: string;
  readonly namespace?: string;
  readonly name: string;
  readonly spec: PodSpec;
  readonly expected: Omit<ExpectedResult, 'mentions'> & Partial<ExpectedResult>;
}

function scene(title: string, { story, namespace = 'default', name, spec, expected }: SceneInput): Scene {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec };
  return { title, story, namespace, pod, expected: { mentions: [], ...expected } };
}

function admittedScenes(image: (name: keyof typeof DEMO_IMAGES) => string): readonly Scene[] {
  return [
    scene('An ordinary Linux Pod', {
      story: 'Like most Pods of most clusters: wasmgate checks it and leaves it alone.',
      name: 'web',
      spec: { containers: [{ name: 'nginx', image: image('web') }] },
      expected: { outcome: 'untouched', runtimeClass: null, images: { nginx: 'container' } },
    }),
    scene('A Wasm module', {
      story: 'Built with docker buildx --platform wasi/wasm. Only the image shows that it is Wasm.',
      name: 'hello',
      spec: { containers: [{ name: 'hello', image: image('hello') }] },
      expected: { outcome: 'changed', runtimeClass: 'crun-wasm', images: { hello: 'wasm/wasi-image' } },
    }),
    scene('A Spin application', {
      story:
        'Pushed with spin registry push. It has no entrypoint, so it gets the command that its shim needs.',
      name: 'orders',
      spec: { containers: [{ name: 'orders', image: image('orders') }] },
      expected: { outcome: 'changed', runtimeClass: 'wasmtime-spin-v2', images: { orders: 'wasm/spin-app' } },
    }),
    scene('A component as an OCI artifact', {
      story: 'Pushed with wkg oci push. This cluster prefers crun, which runs modules only.',
      name: 'greeter',
      spec: { containers: [{ name: 'greeter', image: image('greeter'), command: ['greeter'] }] },
      expected: { outcome: 'changed', runtimeClass: 'wasmtime', images: { greeter: 'wasm/oci-component' } },
    }),
    scene('Wasm beside a Linux sidecar', {
      story: 'A .wasm file in a linux/amd64 image. Its own memory limit and the sidecar stay unchanged.',
      name: 'filter',
      spec: {
        containers: [
          { name: 'filter', image: image('filter'), resources: { limits: { memory: '96Mi' } } },
          { name: 'ship-logs', image: image('logShipper') },
        ],
      },
      expected: {
        outcome: 'changed',
        runtimeClass: 'crun-wasm',
        images: { filter: 'wasm/wasm-entrypoint', 'ship-logs': 'container' },
      },
    }),
  ];
}

function rejectedScenes(
  image: (name: keyof typeof DEMO_IMAGES) => string,
  { nightlyChild }: PushedDemoImages,
): readonly Scene[] {
  return [
    scene('Spin under the wrong class', {
      story: 'On the node it would never start, with an error that does not name the cause.',
      name: 'orders-by-hand',
      spec: { runtimeClassName: 'wasmtime', containers: [{ name: 'orders', image: image('orders') }] },
      expected: {
        outcome: 'denied',
        runtimeClass: 'wasmtime',
        images: { orders: 'wasm/spin-app' },
        mentions: ['wasmtime-spin-v2'],
      },
    }),
    scene('An index that no node can pull', {
      story:
        'A Wasm module with the provenance that docker buildx adds by default: ErrImagePull on all nodes.',
      name: 'nightly',
      spec: { containers: [{ name: 'nightly', image: image('nightly') }] },
      expected: {
        outcome: 'denied',
        runtimeClass: null,
        images: { nightly: 'wasm/wasi-index' },
        mentions: [nightlyChild],
      },
    }),
    scene('A namespace in mode audit', {
      story: `Namespace ${AUDITED_NAMESPACE} has the label wasmgate.dev/mode: audit. Nothing is changed; everything is reported.`,
      namespace: AUDITED_NAMESPACE,
      name: 'hello',
      spec: { containers: [{ name: 'hello', image: image('hello') }] },
      expected: {
        outcome: 'warned',
        runtimeClass: null,
        images: { hello: 'wasm/wasi-image' },
        mentions: ['would set runtimeClassName "crun-wasm"'],
      },
    }),
  ];
}

/** @param registry host and port, as in references */
export function demoScenes(registry: string, pushed: PushedDemoImages): readonly Scene[] {
  const image = (name: keyof typeof DEMO_IMAGES): string => `${registry}/${DEMO_IMAGES[name]}`;
  return [...admittedScenes(image), ...rejectedScenes(image, pushed)];
}
