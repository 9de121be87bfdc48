import type { Explanation } from '../check.ts';
import type { Finding } from '../decision.ts';
import { describeContainer } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';
import { describeSource, type Bound } from './bounds.ts';
import type { ContainerPlan } from './fit-resource.ts';
import { adviseOnBound, describeLeftOut, limitsConflict } from './limits-conflict.ts';
import { formatQuantity, parseQuantity, smallest, type Quantity } from './quantity.ts';
import {
  cpuForStart,
  probeDeadline,
  startCost,
  startSeconds,
  type CodeOnHandler,
  type ProbeDeadline,
} from './start-cost.ts';

export const cpuExplanations: readonly Explanation[] = [
  {
    id: 'slow-start-under-cpu-limit',
    why:
      'Wasmtime compiles a module from a file-system layer inside the container, at every start, under its CPU limit; so does ' +
      'the Spin shim. At 100m a start often takes half a minute or more, and liveness or startup probes kill the container ' +
      'before it is up.',
    checks:
      'The CPU limit that the container will have: its own, a LimitRange default, or what LimitRanges and spec.resources allow; ' +
      "the image's size and packaging, the class's handler; liveness and startup probes.",
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

export interface CpuInput {
  readonly container: AssessedContainer;
  readonly code: CodeOnHandler;
  readonly plan: ContainerPlan;
  readonly maxLimit: Bound | null;
}

function text(amount: Quantity): string {
  return formatQuantity(amount, 'cpu');
}

function describeBound({ source }: Bound): string {
  return source.kind === 'pod' ? "the Pod's own spec.resources allow no more" : describeSource(source, 'cpu');
}

/** Adds to the advice if the limit to set is below the desired one: a ratio to the request or the Pod's own bounds limit it. */
function withRequest({ fitted, desired }: ContainerPlan): string {
  const [set, wanted] = [fitted?.limit ?? null, desired?.limit ?? null];
  return set !== null && wanted !== null && set < wanted
    ? ', and its request as high as LimitRanges then require'
    : '';
}

const SLOW_START = {
  /** Seconds that a start may take: soon after, probes with Kubernetes' defaults kill a container. */
  seconds: 10,
  /** Beyond one core Wasmtime compiles in parallel, and its memory need grows with the node's cores. */
  maxLimit: parseQuantity('1'),
} as const;

interface SlowStart {
  readonly seconds: bigint;
  /** The CPU limit that would suffice; null if none does. */
  readonly enough: Quantity | null;
  /** The probe that ends the start; null if it is only slow. */
  readonly probe: ProbeDeadline | null;
}

/** Reports a container that never comes up because a probe ends every start. */
function endedByProbe({ container }: CpuInput, cost: Quantity, limit: Quantity): SlowStart | null {
  const probe = probeDeadline(container.container);
  if (probe === null || cost <= limit * BigInt(probe.seconds)) return null;
  const needed = probe.seconds === 0 ? null : cpuForStart(cost, probe.seconds);
  const enough = needed !== null && needed <= SLOW_START.maxLimit ? needed : null;
  return { seconds: startSeconds(cost, limit), enough, probe };
}

function slowWithoutProbe({ code }: CpuInput, cost: Quantity, limit: Quantity): SlowStart | null {
  if (code.profile?.engine !== 'wasmtime') return null;
  // `enough` is rounded up, so a small module starts in time under less.
  if (cost <= limit * BigInt(SLOW_START.seconds)) return null;
  const enough = smallest(cpuForStart(cost, SLOW_START.seconds), SLOW_START.maxLimit);
  return limit >= enough ? null : { seconds: startSeconds(cost, limit), enough, probe: null };
}

function adviceFor({ plan, code }: CpuInput, { enough, probe, seconds }: SlowStart, bound: Bound | null) {
  const layer =
    code.profile?.engine === 'spin'
      ? ', or push the application with spin registry push'
      : ', or build the image with an OCI Wasm layer';
  const later = probe === null ? '' : `, or give it a startupProbe of ${seconds + 1n} s or longer`;
  if (bound !== null) return adviseOnBound(bound.source, 'cpu', `${later}${layer}`);
  if (enough === null) return `Give it a startupProbe of ${seconds + 1n} s or longer${layer}.`;
  return `Set resources.limits.cpu to ${text(enough)}${withRequest(plan)}${later}${layer}.`;
}

function slowStart(input: CpuInput): Finding | null {
  const { container, code, plan, maxLimit } = input;
  const limit = plan.fitted?.limit ?? plan.current.limit.value;
  const cost = startCost(code);
  if (cost === null || limit === null || limit <= 0n) return null;
  const slow = endedByProbe(input, cost, limit) ?? slowWithoutProbe(input, cost, limit);
  if (slow === null) return null;
  const bound = maxLimit !== null && slow.enough !== null && maxLimit.value < slow.enough ? maxLimit : null;
  const article = plan.fitted?.limit === limit ? 'a' : 'its';
  const consequence =
    slow.probe === null ? '' : `, and its ${slow.probe.field} kills it after ${slow.probe.seconds} s`;
  return {
    id: 'slow-start-under-cpu-limit',
    container: container.container.name,
    detail:
      `${describeContainer(container)} compiles at every start, for up to ${slow.seconds} s under ${article} CPU limit of ` +
      `${text(limit)}${consequence}${bound === null ? '' : `, and ${describeBound(bound)}`}`,
    advice: adviceFor(input, slow, bound),
  };
}

function conflict({ container, plan }: CpuInput): Finding | null {
  const { fitted, desired, current } = plan;
  const bound = fitted?.obstacle ?? null;
  if (bound === null || desired === null) return null;
  if (desired.limit === null && current.request.origin !== 'absent') return null;
  const amounts = [desired.request, desired.limit].filter((amount) => amount !== null).map(text);
  const state = `${describeLeftOut(plan)}: ${desired.requestReason} has ${amounts.join(' and ')}`;
  return limitsConflict({ container, resource: 'cpu', state, bound });
}

/** Returns at most one finding about a container's CPU. */
export function cpuFindings(input: CpuInput): readonly Finding[] {
  const finding = conflict(input) ?? slowStart(input);
  return finding === null ? [] : [finding];
}
