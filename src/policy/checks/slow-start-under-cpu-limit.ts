import type { Rule } from '../check.ts';
import { COMPILE_DEFAULTS, compileCpu } from '../compile-cpu.ts';
import type { PolicyContext } from '../context.ts';
import type { Finding } from '../decision.ts';
import { describeContainer } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';
import { layerSizes } from '../layer-sizes.ts';
import { formatQuantity, smallest, tryParseQuantity, type Quantity } from '../quantity.ts';

function cpuLimit({ container }: AssessedContainer): Quantity | null {
  const written = container.resources?.limits?.['cpu'];
  return written === undefined ? null : tryParseQuantity(written);
}

function judge(assessed: AssessedContainer, { resolved }: PolicyContext): readonly Finding[] {
  const { container, verdict, facts } = assessed;
  const limit = cpuLimit(assessed);
  if (verdict.kind !== 'wasm' || facts === null || limit === null || limit <= 0n) return [];
  const { packaging } = verdict;
  const needed = compileCpu({ profile: resolved.profile, packaging, sizes: layerSizes(facts, packaging) });
  if (needed === null || limit >= smallest(needed, COMPILE_DEFAULTS.most)) return [];
  const seconds = (BigInt(COMPILE_DEFAULTS.seconds) * needed) / limit;
  const better = formatQuantity(smallest(needed, COMPILE_DEFAULTS.most), 'cpu');
  return [
    {
      id: 'slow-start-under-cpu-limit',
      container: container.name,
      detail: `${describeContainer(assessed)} is compiled at every start, which takes up to ${seconds} s under its CPU limit of ${formatQuantity(limit, 'cpu')}`,
      advice: `Set its resources.limits.cpu to ${better}, or build it with an OCI Wasm layer, which is compiled once.`,
    },
  ];
}

export const slowStartUnderCpuLimit: Rule = {
  id: 'slow-start-under-cpu-limit',
  why:
    'Wasmtime compiles a module from a file-system layer inside the container, at every start, under its CPU limit. Half a ' +
    'minute and more is usual at 100m, and liveness probes then kill the container before it is up.',
  reads:
    "The CPU limit that the Pod or a LimitRange sets, the image's size and packaging, the class's handler.",
  allows: 'OCI Wasm layers, other handlers, containers without a CPU limit, modules of a few kilobytes.',
  example: 'A Go program of 0.75 MB (compressed) in a tar image on wasmtime with resources.limits.cpu: 100m.',
  cure: 'Raise the CPU limit, up to 1, or build the image with an OCI Wasm layer.',
  check: (context) => context.wasmContainers.flatMap((assessed) => judge(assessed, context)),
};
