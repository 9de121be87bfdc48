import type { Explanation } from '../check.ts';
import type { Finding } from '../decision.ts';
import { describeContainer } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';
import type { HandlerProfile } from '../handlers/handler-profiles.ts';
import type { Bound } from './bounds.ts';
import type { CurrentValue } from './current-values.ts';
import type { ContainerPlan } from './fit-resource.ts';
import { describeLeftOut, limitsConflict } from './limits-conflict.ts';
import type { MemoryFloor } from './memory-floor.ts';
import { formatQuantity, type Quantity } from './quantity.ts';

export const memoryExplanations: readonly Explanation[] = [
  {
    id: 'memory-below-floor',
    why:
      'A container whose memory limit is less than its image needs to start dies before it writes anything: exit code 137 ' +
      'with an empty log, again and again. crun reports OOMKilled, shims only Error. With less than about 2 MiB a shim ends in ' +
      'StartError: `failed to receive. "waiting for init ready". BrokenChannel`.',
    checks:
      "The user's memory limit or a LimitRange's, the image's size, the handler and the threads it compiles with.",
    exempts: 'Handlers whose need was never measured, and images larger than any that was.',
    example: 'A 2.5 MB module in a tar image on wasmtime with resources.limits.memory: 16Mi.',
    fix: 'Raise the limit to the value in the message, remove it, or build the image with an OCI Wasm layer.',
  },
  {
    id: 'memory-limit-left-out',
    why:
      'A limit under which a container cannot start is worse than none. The memory need of an image this large was never ' +
      'measured, so wasmgate sets no limit.',
    checks: "The image's size, the resources of the container.",
    exempts: 'Containers with a memory limit of their own.',
    example: 'A module of 40 MB in a tar image, without resources.',
    fix: 'Set resources.limits.memory to what the program uses.',
  },
];

export interface MemoryInput {
  readonly container: AssessedContainer;
  readonly profile: HandlerProfile | null;
  readonly floor: MemoryFloor;
  readonly plan: ContainerPlan;
  readonly maxLimit: Bound | null;
}

function text(amount: Quantity): string {
  return formatQuantity(amount, 'memory');
}

function plannedLimit({ fitted, current }: ContainerPlan): Quantity | null {
  return fitted?.limit ?? current.limit.value;
}

function originOf({ origin }: CurrentValue): string {
  return origin === 'default' ? ' from a LimitRange' : '';
}

function belowFloor({ container, profile, floor, plan }: MemoryInput): Finding | null {
  const { limit } = plan.current;
  const value = plannedLimit(plan);
  if (floor.kind !== 'floor' || value === null || value >= floor.needed) return null;
  const handler = profile === null ? 'its handler' : profile.title;
  return {
    id: 'memory-below-floor',
    container: container.container.name,
    detail:
      `${describeContainer(container)} has a memory limit of ${text(value)}${originOf(limit)}, ` +
      `but an image of its size needs about ${text(floor.needed)} to start on ${handler}`,
    advice: `Set resources.limits.memory to ${text(floor.bytes)} or more${limit.origin === 'user' ? ', or remove it' : ''}.`,
  };
}

function outOfRange({ container, plan }: MemoryInput): Finding | null {
  if (plan.fitted === null || plan.current.limit.origin === 'user') return null;
  const kept = plannedLimit(plan);
  const state =
    kept === null ? 'gets no memory limit' : `keeps the memory limit of ${text(kept)} from a LimitRange`;
  return {
    id: 'memory-limit-left-out',
    container: container.container.name,
    detail: `${describeContainer(container)} ${state}: its image is larger than any whose need was measured`,
    advice: 'Set resources.limits.memory to what the program uses.',
  };
}

/** Returns the fix that leaves the bound as it is. */
function alternativeFor({ verdict }: AssessedContainer): string {
  return verdict.kind === 'wasm' && verdict.packaging === 'tar'
    ? ', or build the image with an OCI Wasm layer'
    : '';
}

/** Returns the bound that prevents raising a limit that is below the need. */
function boundBelowNeed({ floor, plan, maxLimit }: MemoryInput): Bound | null {
  const value = plannedLimit(plan);
  if (floor.kind !== 'floor' || maxLimit === null || value === null) return null;
  return value < floor.needed && maxLimit.value < floor.needed ? maxLimit : null;
}

/** Reports a conflict of bounds and need: no value fits, or the existing limit cannot be raised. */
function conflict(input: MemoryInput): Finding | null {
  const { container, floor, plan } = input;
  if (floor.kind === 'out-of-range') return null;
  const obstacle = plan.fitted?.obstacle ?? null;
  const bound = obstacle ?? boundBelowNeed(input);
  if (bound === null) return null;
  const state =
    obstacle === null
      ? `has a memory limit of ${text(plannedLimit(plan) ?? 0n)}${originOf(plan.current.limit)}, less than an image of its size needs to start`
      : `${describeLeftOut(plan)}: it should have ${text(floor.bytes)} or more to start`;
  return limitsConflict({
    container,
    resource: 'memory',
    state,
    bound,
    alternative: alternativeFor(container),
  });
}

/** Returns at most one finding about a container's memory. */
export function memoryFindings(input: MemoryInput): readonly Finding[] {
  const finding =
    input.floor.kind === 'out-of-range' ? outOfRange(input) : (conflict(input) ?? belowFloor(input));
  return finding === null ? [] : [finding];
}
