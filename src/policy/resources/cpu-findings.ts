import type { Explanation } from '../check.ts';
import type { Finding } from '../decision.ts';
import { describeContainer } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';
import { COMPILE_DEFAULTS, compileCpu, type CompileQuestion } from './compile-cpu.ts';
import { describeLeftOut, limitsConflict, makeRoom } from './limits-conflict.ts';
import { formatQuantity, smallest, type Quantity } from './quantity.ts';
import type { Bound } from './resource-bounds.ts';
import { describeSource } from './resource-bounds.ts';
import type { FittedResource } from './resource-change.ts';

export const cpuExplanations: readonly Explanation[] = [
  {
    id: 'slow-start-under-cpu-limit',
    why:
      'Wasmtime compiles a module from a file-system layer inside the container, at every start, under its CPU limit. Half a ' +
      'minute and more is usual at 100m, and liveness probes then kill the container before it is up.',
    reads:
      'The CPU limit that the container will have: its own, what a LimitRange gives it, or what is left for one by LimitRanges ' +
      "and spec.resources; the image's size and packaging, the class's handler.",
    allows: 'OCI Wasm layers, other handlers, containers without a CPU limit, modules of a few kilobytes.',
    example:
      'A Go program of 0.75 MB (compressed) in a tar image on wasmtime with resources.limits.cpu: 100m.',
    cure: 'Raise the CPU limit, up to 1, or build the image with an OCI Wasm layer.',
  },
];

export interface CpuVerdict {
  readonly container: AssessedContainer;
  readonly image: CompileQuestion;
  readonly cpu: FittedResource;
  /** The most that its limit may be. */
  readonly most: Bound | null;
}

function text(amount: Quantity): string {
  return formatQuantity(amount, 'cpu');
}

function keepsIt({ source }: Bound): string {
  return source.kind === 'pod' ? "the Pod's own spec.resources allow no more" : describeSource(source, 'cpu');
}

/** Where our own limit is less than was wanted, a ratio to the request or what the Pod may have in all keeps it down. */
function withRequest({ fit, wanted }: FittedResource): string {
  const [set, desired] = [fit?.limit ?? null, wanted?.limit ?? null];
  return set !== null && desired !== null && set < desired
    ? ', and its request as high as LimitRanges then want it'
    : '';
}

function slowStart({ container, image, cpu, most }: CpuVerdict): Finding | null {
  const limit = cpu.fit?.limit ?? cpu.slots.limit.value;
  const needed = compileCpu(image);
  if (needed === null || limit === null || limit <= 0n) return null;
  const enough = smallest(needed, COMPILE_DEFAULTS.most);
  if (limit >= enough) return null;
  const seconds = (BigInt(COMPILE_DEFAULTS.seconds) * needed) / limit;
  const bound = most !== null && most.value < enough ? most : null;
  const whose = cpu.fit?.limit === limit ? 'a' : 'its';
  const instead = ', or build the image with an OCI Wasm layer, which is compiled once';
  return {
    id: 'slow-start-under-cpu-limit',
    container: container.container.name,
    detail:
      `${describeContainer(container)} is compiled at every start, which takes up to ${seconds} s under ${whose} CPU limit of ` +
      `${text(limit)}${bound === null ? '' : `, and ${keepsIt(bound)}`}`,
    advice:
      bound === null
        ? `Set its resources.limits.cpu to ${text(enough)}${withRequest(cpu)}${instead}.`
        : makeRoom(bound.source, 'cpu', instead),
  };
}

function conflict({ container, cpu }: CpuVerdict): Finding | null {
  const { fit, wanted, slots } = cpu;
  const bound = fit?.obstacle ?? null;
  if (bound === null || wanted === null) return null;
  if (wanted.limit === null && slots.request.origin !== 'absent') return null;
  const amounts = [wanted.request, wanted.limit].filter((amount) => amount !== null).map(text);
  const state = `${describeLeftOut(cpu)}: ${wanted.requestReason} has ${amounts.join(' and ')}`;
  return limitsConflict({ container, resource: 'cpu', state, bound });
}

/** What is to be said about a container's CPU; at most one thing. */
export function cpuFindings(verdict: CpuVerdict): readonly Finding[] {
  const finding = conflict(verdict) ?? slowStart(verdict);
  return finding === null ? [] : [finding];
}
