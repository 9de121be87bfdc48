import type { Explanation } from '../check.ts';
import type { Finding } from '../decision.ts';
import { describeContainer } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';
import { type Bound, describeSource } from './bounds.ts';
import type { FittedResource } from './fit-resource.ts';
import { describeLeftOut, limitsConflict, makeRoom } from './limits-conflict.ts';
import { formatQuantity, parseQuantity, smallest, type Quantity } from './quantity.ts';
import {
  probeDeadline,
  type ProbeDeadline,
  cpuForStart,
  startCost,
  startSeconds,
  type StartQuestion,
} from './start-cost.ts';

export const cpuExplanations: readonly Explanation[] = [
  {
    id: 'slow-start-under-cpu-limit',
    why:
      'Wasmtime compiles a module from a file-system layer inside the container, at every start, under its CPU limit; so does ' +
      'the Spin shim. Half a minute and more is usual at 100m, and liveness or startup probes then kill the container before ' +
      'it is up.',
    checks:
      'The CPU limit that the container will have: its own, what a LimitRange gives it, or what is left for one by LimitRanges ' +
      "and spec.resources; the image's size and packaging, the class's handler; liveness and startup probes.",
    exempts:
      'OCI Wasm layers, other handlers, containers without a CPU limit, modules of a few kilobytes. Spin applications without ' +
      'such a probe, or with one that waits long enough.',
    example:
      'A Go program of 0.75 MB (compressed) in a tar image on wasmtime with resources.limits.cpu: 100m.',
    fix:
      'Raise the CPU limit, up to 1, or build the image with an OCI Wasm layer. If a probe is too early, give the container a ' +
      'startupProbe that lasts longer than the start.',
  },
];

export interface CpuVerdict {
  readonly container: AssessedContainer;
  readonly image: StartQuestion;
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

const SLOW_START = {
  /** Seconds that a start may take: probes with Kubernetes' defaults begin to kill a container soon after. */
  seconds: 10,
  /** More than one core would make Wasmtime's compiler parallel, and the memory that it needs grow with the node. */
  most: parseQuantity('1'),
} as const;

interface SlowStart {
  readonly seconds: bigint;
  /** The CPU limit that would do; null where none does. */
  readonly enough: Quantity | null;
  /** The probe that ends the start; null where it is slow only. */
  readonly probe: ProbeDeadline | null;
}

/** A start that a probe ends is more than slow: the container never comes up. */
function endedByProbe({ container }: CpuVerdict, cost: Quantity, limit: Quantity): SlowStart | null {
  const probe = probeDeadline(container.container);
  if (probe === null || cost <= limit * BigInt(probe.seconds)) return null;
  const needed = probe.seconds === 0 ? null : cpuForStart(cost, probe.seconds);
  const enough = needed !== null && needed <= SLOW_START.most ? needed : null;
  return { seconds: startSeconds(cost, limit), enough, probe };
}

function slowByItself({ image }: CpuVerdict, cost: Quantity, limit: Quantity): SlowStart | null {
  if (image.profile?.engine !== 'wasmtime') return null;
  const enough = smallest(cpuForStart(cost, SLOW_START.seconds), SLOW_START.most);
  return limit >= enough ? null : { seconds: startSeconds(cost, limit), enough, probe: null };
}

function adviceFor({ cpu, image }: CpuVerdict, { enough, probe, seconds }: SlowStart, bound: Bound | null) {
  const layer =
    image.profile?.engine === 'spin'
      ? ', or push the application with spin registry push, which has it compiled once'
      : ', or build the image with an OCI Wasm layer, which is compiled once';
  const later = probe === null ? '' : `, or give it a startupProbe that lasts ${seconds + 1n} s or longer`;
  if (bound !== null) return makeRoom(bound.source, 'cpu', `${later}${layer}`);
  if (enough === null) return `Give it a startupProbe that lasts ${seconds + 1n} s or longer${layer}.`;
  return `Set its resources.limits.cpu to ${text(enough)}${withRequest(cpu)}${later}${layer}.`;
}

function slowStart(verdict: CpuVerdict): Finding | null {
  const { container, image, cpu, most } = verdict;
  const limit = cpu.fit?.limit ?? cpu.slots.limit.value;
  const cost = startCost(image);
  if (cost === null || limit === null || limit <= 0n) return null;
  const slow = endedByProbe(verdict, cost, limit) ?? slowByItself(verdict, cost, limit);
  if (slow === null) return null;
  const bound = most !== null && slow.enough !== null && most.value < slow.enough ? most : null;
  const whose = cpu.fit?.limit === limit ? 'a' : 'its';
  const consequence =
    slow.probe === null ? '' : `, and its ${slow.probe.field} kills it after ${slow.probe.seconds} s`;
  return {
    id: 'slow-start-under-cpu-limit',
    container: container.container.name,
    detail:
      `${describeContainer(container)} is compiled at every start, which takes up to ${slow.seconds} s under ${whose} CPU limit of ` +
      `${text(limit)}${consequence}${bound === null ? '' : `, and ${keepsIt(bound)}`}`,
    advice: adviceFor(verdict, slow, bound),
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
