import type { Explanation } from './check.ts';
import type { Finding } from './decision.ts';
import { describeContainer } from './describe.ts';
import type { AssessedContainer } from './facts.ts';
import type { Fit } from './fit-resource.ts';
import type { HandlerProfile } from './handler-profiles.ts';
import type { MemoryFloor } from './memory-floor.ts';
import { formatQuantity, type Quantity } from './quantity.ts';
import type { Slot } from './resource-slots.ts';

export const memoryExplanations: readonly Explanation[] = [
  {
    id: 'memory-below-floor',
    why:
      'A container whose memory limit is less than its image needs to start dies before it says anything: exit 137 ' +
      'with an empty log, for ever.',
    reads:
      "The user's memory limit or a LimitRange's, the image's size, the handler and the threads it compiles with.",
    allows: 'Handlers whose need nobody measured, and images larger than any that was.',
    example: 'A 2.5 MB module in a tar image on wasmtime with resources.limits.memory: 16Mi.',
    cure: 'Raise the limit to what the message says, leave it out, or build the image with an OCI Wasm layer.',
  },
  {
    id: 'memory-limit-left-out',
    why:
      'A limit under which a container cannot start is worse than none, so none is set where the need is not known or ' +
      "the Pod's own resources leave less.",
    reads: "The image's size, the resources of the Pod and its containers.",
    allows: 'Containers with a memory limit of their own.',
    example: 'A module of 40 MB in a tar image, without resources.',
    cure: 'Set resources.limits.memory to what the program is known to take.',
  },
];

export interface MemoryVerdict {
  readonly container: AssessedContainer;
  readonly profile: HandlerProfile | null;
  readonly floor: MemoryFloor;
  readonly limit: Slot;
  /** Null where nothing was to be set. */
  readonly fit: Fit | null;
}

function text(amount: Quantity): string {
  return formatQuantity(amount, 'memory');
}

function belowFloor({ container, profile, floor, limit, fit }: MemoryVerdict): Finding | null {
  const value = fit?.limit ?? limit.value;
  if (floor.kind !== 'floor' || value === null || value >= floor.needed) return null;
  const origin = limit.origin === 'default' ? ' by a LimitRange' : '';
  const handler = profile === null ? 'its handler' : profile.title;
  return {
    id: 'memory-below-floor',
    container: container.container.name,
    detail:
      `${describeContainer(container)} has a memory limit of ${text(value)}${origin}, ` +
      `while an image of its size needs about ${text(floor.needed)} to start on ${handler}`,
    advice: `Set its resources.limits.memory to ${text(floor.bytes)} or more, or leave it out.`,
  };
}

function outOfRange({ container, limit, fit }: MemoryVerdict): Finding | null {
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

function squeezedOut({ container, floor, fit }: MemoryVerdict): Finding | null {
  if (fit === null || !fit.isSqueezedOut || floor.kind === 'out-of-range') return null;
  return {
    id: 'memory-limit-left-out',
    container: container.container.name,
    detail:
      `${describeContainer(container)} gets no memory request and limit: the Pod's own resources leave less than the ` +
      `${text(floor.bytes)} that it should have`,
    advice: 'Raise memory in spec.resources, or lower what the other containers request.',
  };
}

/** What is to be said about a container's memory; at most one thing. */
export function memoryFindings(verdict: MemoryVerdict): readonly Finding[] {
  const { floor } = verdict;
  const finding =
    floor.kind === 'out-of-range' ? outOfRange(verdict) : (squeezedOut(verdict) ?? belowFloor(verdict));
  return finding === null ? [] : [finding];
}
