import type { Rule, PolicyContext } from '../check.ts';
import type { Finding } from '../decision.ts';
import { describeContainer } from '../describe.ts';
import type { WasmContainer } from '../facts.ts';
import { codeSizes, type LayerSizes } from '../resources/code-sizes.ts';
import { memoryFloor } from '../resources/memory-floor.ts';
import { formatQuantity } from '../resources/quantity.ts';

const DEFAULTS = {
  /** What gzip wins on modules, at most nearly: 2.1 to 4.1 times over 23 of them. */
  expansion: 3.5,
  /** How many times less an OCI Wasm layer must need to be worth a word; the rule gives up to five and a half. */
  saving: 4n,
} as const;

function unpacked({ compressed, raw }: LayerSizes): LayerSizes {
  return { compressed: 0, raw: raw + compressed * DEFAULTS.expansion };
}

function findingsOf(assessed: WasmContainer, { resolved: { profile } }: PolicyContext): readonly Finding[] {
  const { container, facts } = assessed;
  if (profile?.engine !== 'wasmtime' || facts === null) return [];
  const { packaging, sizes } = codeSizes({ ...assessed, facts });
  if (packaging !== 'tar' || sizes === null) return [];
  // One thread: what it needs at least, whatever the nodes are.
  const asTar = memoryFloor({ profile, packaging: 'tar', sizes, threads: 1 });
  const asLayer = memoryFloor({ profile, packaging: 'oci-layer', sizes: unpacked(sizes), threads: 1 });
  if (asTar.kind !== 'floor' || asLayer.kind !== 'floor') return [];
  if (asTar.bytes < DEFAULTS.saving * asLayer.bytes) return [];
  const [tar, layer] = [asTar, asLayer].map(({ bytes }) => formatQuantity(bytes, 'memory'));
  return [
    {
      id: 'packaging-advice',
      container: container.name,
      detail: `${describeContainer(assessed)} is compiled inside its container at every start and needs ${tar} for it; with an OCI Wasm layer ${layer} would do, and it would start at once`,
      advice:
        'Build it with an OCI Wasm layer, such as by oci-tar-builder or wkg oci push. Shims of runwasi 0.6 can lose one first ' +
        'start when several such images that are new to a node start on it together: use a restartPolicy other than Never.',
    },
  ];
}

export const packagingAdvice: Rule = {
  id: 'packaging-advice',
  why:
    'Wasmtime compiles a module in a file-system layer inside the container, at each start and within its limits; one in an ' +
    'OCI Wasm layer it compiles once per node, outside of them, which takes a fifth of the memory. One caveat: in runwasi 0.6 ' +
    'the first starts of several new images on one node share a lease by mistake, and one of them can end in StartError ' +
    '"can\'t handle spec". A restart succeeds; a Pod that never restarts is lost.',
  checks: "The image's size and packaging, and the class's handler.",
  exempts: 'Small modules, OCI Wasm layers, and interpreters such as WasmEdge, which gain nothing by it.',
  example: 'A Go program of 0.75 MB (compressed) in a tar image on wasmtime.',
  fix: 'Build the image with oci-tar-builder, or push the module with wkg oci push.',
  check: (context) => context.wasmContainers.flatMap((assessed) => findingsOf(assessed, context)),
};
