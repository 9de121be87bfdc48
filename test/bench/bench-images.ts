import type { ImageStore } from '../../src/fake-registry/image-store.ts';
import { loadFixtureImages, putFixtureImage } from '../support/image/fixture-images.ts';
import { startRegistry, type TestRegistry } from '../support/registry/registry.ts';

/** An image as the Pods name it. */
export interface BenchImage {
  readonly reference: string;
  /** The class that wasmgate must choose in the benchmark's cluster; null for Linux images, whose Pods must not change. */
  readonly runtimeClass: string | null;
}

/** Real images with the expected result, stated independently of the measured code. */
const KINDS: Readonly<Record<string, string | null>> = {
  'linux-plain': null,
  'linux-inherited-label': null,
  'linux-wasm-asset': null,
  'linux-sh-c-wasm': null,
  'bk-wasi-wasm': 'wasmtime',
  'buildah-wasi-wasm': 'wasmtime',
  'bk-linux-wasm-entrypoint-label': 'wasmtime',
  'spin-v2-app': 'wasmtime-spin-v2',
};

/** Tags of each image: 64 images that are looked up and cached one by one. */
const TAGS = 8;

function put(store: ImageStore): void {
  for (const image of loadFixtureImages().filter(({ name }) => Object.hasOwn(KINDS, name))) {
    putFixtureImage(store, image);
    const latest = store.manifest(`corpus/${image.name}`, 'latest');
    if (latest === undefined) throw new Error(`Cannot serve image "${image.name}": it has no manifest`);
    for (let tag = 1; tag <= TAGS; tag += 1) store.putManifest(`corpus/${image.name}`, `1.${tag}`, latest);
  }
}

export interface BenchRegistry extends AsyncDisposable {
  readonly registry: TestRegistry;
  /** Linux and Wasm alternately. */
  readonly images: readonly BenchImage[];
}

export async function startBenchRegistry(): Promise<BenchRegistry> {
  const registry = await startRegistry({ images: put });
  const kinds = Object.entries(KINDS);
  const [linux, wasm] = [
    kinds.filter(([, runtimeClass]) => runtimeClass === null),
    kinds.filter(([, runtimeClass]) => runtimeClass !== null),
  ];
  const byTurns = linux.flatMap((kind, index) => [kind, wasm[index] ?? kind]);
  const images = Array.from({ length: TAGS }, (_, tag) =>
    byTurns.map(([name, runtimeClass]) => ({
      reference: `${registry.host}/corpus/${name}:1.${tag + 1}`,
      runtimeClass,
    })),
  ).flat();
  return { registry, images, [Symbol.asyncDispose]: registry.close };
}
