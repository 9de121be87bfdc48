import type { Rule, PolicyContext } from '../check.ts';
import type { Finding } from '../decision.ts';
import { describeContainer } from '../describe.ts';
import type { WasmContainer } from '../facts.ts';
import { codeSizes, hasSize, type LayerSizes } from '../resources/code-sizes.ts';
import { memoryFloor } from '../resources/memory-floor.ts';
import { formatQuantity } from '../resources/quantity.ts';

const SIZE_RATIOS = {
  /** Raw to compressed size of a module, close to the largest: gzip reached 2.1 to 4.1 on 23 modules. */
  expansion: 3.5,
  /** The smallest memory ratio of tar image to OCI Wasm layer worth reporting; the memory rule gives up to 5.5. */
  saving: 4n,
} as const;

function unpacked({ compressed, raw }: LayerSizes): LayerSizes {
  return { compressed: 0, raw: raw + compressed * SIZE_RATIOS.expansion };
}

function findingsOf(assessed: WasmContainer, { resolved: { profile } }: PolicyContext): readonly Finding[] {
  const { container } = assessed;
  if (profile?.engine !== 'wasmtime' || !hasSize(assessed)) return [];
  const { packaging, sizes } = codeSizes(assessed);
  if (packaging !== 'tar' || sizes === null) return [];
  // One thread: the minimum on any node.
  const asTar = memoryFloor({ profile, packaging: 'tar', sizes, threads: 1 });
  const asLayer = memoryFloor({ profile, packaging: 'oci-layer', sizes: unpacked(sizes), threads: 1 });
  if (asTar.kind !== 'floor' || asLayer.kind !== 'floor') return [];
  if (asTar.bytes < SIZE_RATIOS.saving * asLayer.bytes) return [];
  const [tar, layer] = [asTar, asLayer].map(({ bytes }) => formatQuantity(bytes, 'memory'));
  return [
    {
      id: 'packaging-advice',
      container: container.name,
      detail: `${describeContainer(assessed)} is compiled at every start, which needs ${tar}; an OCI Wasm layer needs ${layer}`,
      advice: 'Build it with wkg oci push, and do not set restartPolicy: Never.',
    },
  ];
}

export const packagingAdvice: Rule = {
  id: 'packaging-advice',
  why:
    'Wasmtime compiles a module from a file-system layer inside the container, at every start and within its limits. ' +
    'It compiles a module from an OCI Wasm layer once per node and outside the limits, which takes a fifth of the ' +
    'memory. One caveat: in runwasi 0.6, first starts of several new images on one node can collide on a lease ' +
    "(`already exists` in the log of containerd), and one of them ends in StartError, `wasmtime executor can't handle " +
    'spec`. A restart succeeds; a Pod that never restarts is lost.',
  checks: "The image's size and packaging, and the class's handler.",
  exempts: 'Small modules, OCI Wasm layers, and interpreters such as WasmEdge, which gain nothing.',
  example: 'A Go program of 0.75 MB (compressed) in a tar image on wasmtime.',
  fix:
    'Build the image with oci-tar-builder, or push the module with wkg oci push. Use a restartPolicy other than ' +
    'Never.',
  check: (context) => context.wasmContainers.flatMap((assessed) => findingsOf(assessed, context)),
};
