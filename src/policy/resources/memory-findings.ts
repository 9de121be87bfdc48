import type { Explanation } from '../check.ts';
import type { Finding } from '../decision.ts';
import { describeContainer } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';
import type { HandlerProfile } from '../handlers/handler-profiles.ts';
import type { Bound } from './bounds.ts';
import type { Slot } from './current-values.ts';
import type { FittedResource } from './fit-resource.ts';
import { describeLeftOut, limitsConflict } from './limits-conflict.ts';
import type { MemoryFloor } from './memory-floor.ts';
import { formatQuantity, type Quantity } from './quantity.ts';

export const memoryExplanations: readonly Explanation[] = [
  {
    id: 'memory-below-floor',
    why:
      'A container whose memory limit is less than its image needs to start dies before it says anything: exit 137 ' +
      'with an empty log, for ever.',
    checks:
      "The user's memory limit or a LimitRange's, the image's size, the handler and the threads it compiles with.",
    exempts: 'Handlers whose need nobody measured, and images larger than any that was.',
    example: 'A 2.5 MB module in a tar image on wasmtime with resources.limits.memory: 16Mi.',
    fix: 'Raise the limit to what the message says, leave it out, or build the image with an OCI Wasm layer.',
  },
  {
    id: 'memory-limit-left-out',
    why:
      'A limit under which a container cannot start is worse than none, so none is set where nobody knows how much an ' +
      'image of its size needs.',
    checks: "The image's size, the resources of the container.",
    exempts: 'Containers with a memory limit of their own.',
    example: 'A module of 40 MB in a tar image, without resources.',
    fix: 'Set resources.limits.memory to what the program is known to take.',
  },
];

export interface MemoryVerdict {
  readonly container: AssessedContainer;
  readonly profile: HandlerProfile | null;
  readonly floor: MemoryFloor;
  readonly memory: FittedResource;
  /** The most that its limit may be. */
  readonly most: Bound | null;
}

function text(amount: Quantity): string {
  return formatQuantity(amount, 'memory');
}

function originOf({ origin }: Slot): string {
  return origin === 'default' ? ' by a LimitRange' : '';
}

function belowFloor({ container, profile, floor, memory }: MemoryVerdict): Finding | null {
  const { limit } = memory.slots;
  const value = memory.fit?.limit ?? limit.value;
  if (floor.kind !== 'floor' || value === null || value >= floor.needed) return null;
  const handler = profile === null ? 'its handler' : profile.title;
  return {
    id: 'memory-below-floor',
    container: container.container.name,
    detail:
      `${describeContainer(container)} has a memory limit of ${text(value)}${originOf(limit)}, ` +
      `while an image of its size needs about ${text(floor.needed)} or more to start on ${handler}`,
    advice: `Set its resources.limits.memory to ${text(floor.bytes)} or more${limit.origin === 'user' ? ', or leave it out' : ''}.`,
  };
}

function outOfRange({ container, memory: { fit, slots } }: MemoryVerdict): Finding | null {
  const { limit } = slots;
  if (fit === null || limit.origin === 'user') return null;
  const kept = fit.limit ?? limit.value;
  const state =
    kept === null ? 'gets no memory limit' : `keeps the memory limit of ${text(kept)} by a LimitRange`;
  return {
    id: 'memory-limit-left-out',
    container: container.container.name,
    detail: `${describeContainer(container)} ${state}: its image is larger than any whose need is known`,
    advice: 'Set its resources.limits.memory to what the program is known to take.',
  };
}

/** What helps where the bound stays. */
function instead({ verdict }: AssessedContainer): string {
  return verdict.kind === 'wasm' && verdict.packaging === 'tar'
    ? ', or build the image as an OCI Wasm layer, which needs less on Wasmtime'
    : '';
}

/** The bound that keeps a limit which stands under the need from being raised. */
function boundBelowNeed({ floor, memory, most }: MemoryVerdict): Bound | null {
  const { limit } = memory.slots;
  const value = memory.fit?.limit ?? limit.value;
  if (floor.kind !== 'floor' || most === null || value === null) return null;
  return value < floor.needed && most.value < floor.needed ? most : null;
}

/** The two ways in which bounds and need contradict each other: nothing could be set, or what stands cannot be raised. */
function conflict(verdict: MemoryVerdict): Finding | null {
  const { container, floor, memory } = verdict;
  if (floor.kind === 'out-of-range') return null;
  const obstacle = memory.fit?.obstacle ?? null;
  const bound = obstacle ?? boundBelowNeed(verdict);
  if (bound === null) return null;
  const { limit } = memory.slots;
  const value = memory.fit?.limit ?? limit.value ?? 0n;
  const state =
    obstacle === null
      ? `has a memory limit of ${text(value)}${originOf(limit)}, less than an image of its size needs to start`
      : `${describeLeftOut(memory)}: to start it should have ${text(floor.bytes)} or more`;
  return limitsConflict({ container, resource: 'memory', state, bound, instead: instead(container) });
}

/** What is to be said about a container's memory; at most one thing. */
export function memoryFindings(verdict: MemoryVerdict): readonly Finding[] {
  const { floor } = verdict;
  const finding =
    floor.kind === 'out-of-range' ? outOfRange(verdict) : (conflict(verdict) ?? belowFloor(verdict));
  return finding === null ? [] : [finding];
}
