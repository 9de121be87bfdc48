import type { LimitRange } from '../../pod/cluster-objects.ts';
import { LIMIT_RANGER_ANNOTATION } from '../../pod/names.ts';
import type { Pod } from '../../pod/pod.ts';
import type { AssessedContainer } from '../facts.ts';
import {
  type PodBounds,
  type Bound,
  type Bounds,
  type ResourceName,
  namespaceLimits,
  type NamespaceLimits,
  lower,
} from './bounds.ts';
import {
  type Slot,
  type Slots,
  NOTHING_DEFAULTED,
  parseLimitRanger,
  readSlots,
  type Defaulting,
} from './current-values.ts';
import type { WantedResource } from './desired-values.ts';
import { fitResource, UNTOUCHED, type Fit, type FittedResource } from './fit-resource.ts';
import { withinPodLevel, withinShares, type Member, brokenBound, type PodLevel } from './pod-bounds.ts';
import { type Quantity, tryParseQuantity } from './quantity.ts';

/** What bounds the containers of a Pod together. */
export interface Whole {
  readonly resource: ResourceName;
  readonly container: Bounds;
  readonly podLevel: PodLevel;
  readonly pod: PodBounds | null;
}

/**
 * Ways to give the containers what they want, best first: each what it wants; an equal part of what the Pod may have; the same
 * without tightening, where the Pod must not come to less.
 */
const WAYS = ['free', 'shared', 'additions'] as const;
type Way = (typeof WAYS)[number];

function isPodBounded({ podLevel, pod }: Whole): boolean {
  return pod !== null || podLevel.request !== null || podLevel.limit !== null;
}

/** Each pass takes up what the one before left; two are enough for nearly every Pod. */
const MOST_PASSES = 6;

function applied(slot: Slot, value: Quantity | null): Slot {
  if (value === null) return slot;
  // What a LimitRange defaulted on paper only is the user's once it is written: no annotation tells of it.
  const isDefault = slot.origin === 'default' && slot.isWritten;
  return { origin: isDefault ? 'default' : 'user', value, isWritten: true };
}

function differing(from: Slot, to: Slot): Quantity | null {
  return from.value === to.value ? null : to.value;
}

function frozen(slot: Slot): Slot {
  return slot.origin === 'default' ? { ...slot, origin: 'user' } : slot;
}

function boundsFor(members: readonly Member[], whole: Whole, way: Way): Bounds {
  const question = { members, resource: whole.resource };
  const bounds = withinPodLevel(whole.container, whole.podLevel, question);
  return whole.pod === null || way === 'free' ? bounds : withinShares(bounds, whole.pod, question);
}

function fitted({ slots, wanted }: Member, bounds: Bounds, way: Way): Fit {
  if (wanted === null) return UNTOUCHED;
  const open: Slots =
    way === 'additions' ? { request: frozen(slots.request), limit: frozen(slots.limit) } : slots;
  return fitResource(open, wanted, bounds);
}

interface Pass {
  readonly members: readonly Member[];
  readonly obstacles: readonly (Bound | null)[];
}

function tryWay(members: readonly Member[], whole: Whole, way: Way): Pass {
  const bounds = boundsFor(members, whole, way);
  const fits = members.map((member) => fitted(member, bounds, way));
  const next = members.map((member, index): Member => {
    const { request, limit } = fits[index] ?? UNTOUCHED;
    if (request === null && limit === null) return member;
    const slots = {
      request: applied(member.slots.request, request),
      limit: applied(member.slots.limit, limit),
    };
    return { ...member, slots };
  });
  return { members: next, obstacles: fits.map(({ obstacle }) => obstacle) };
}

/** The first way whose result the API server takes; where there is none, the Pod stays as it is. */
function pass(members: readonly Member[], whole: Whole): Pass {
  let broken: Bound | null = null;
  for (const way of WAYS) {
    const tried = tryWay(members, whole, way);
    broken = whole.pod === null ? null : brokenBound(tried.members, whole.podLevel, whole.pod);
    if (broken === null) return tried;
  }
  return { members, obstacles: members.map(() => broken) };
}

function isSame(one: readonly Member[], other: readonly Member[]): boolean {
  return one.every((member, index) => member === other[index]);
}

/**
 * What becomes of one resource of a Pod's containers, taken together. Its own result is planned again until it stands: that is
 * what makes a second asking find nothing to change.
 */
function planResource(members: readonly Member[], whole: Whole): readonly Fit[] {
  if (!isPodBounded(whole)) return members.map((member) => fitted(member, whole.container, 'free'));
  let planned = pass(members, whole);
  for (let count = 1, before = members; count < MOST_PASSES && !isSame(planned.members, before); count += 1) {
    before = planned.members;
    planned = pass(before, whole);
  }
  return members.map(({ slots }, index): Fit => {
    const final = planned.members[index]?.slots ?? slots;
    return {
      request: differing(slots.request, final.request),
      limit: differing(slots.limit, final.limit),
      obstacle: final.limit.origin === 'absent' ? (planned.obstacles[index] ?? null) : null,
    };
  });
}

export interface FrameQuestion {
  readonly pod: Pod;
  /** All of the Pod's. */
  readonly containers: readonly AssessedContainer[];
  /** Of the Pod's namespace. */
  readonly limitRanges: readonly LimitRange[];
}

/** What all containers of a Pod have in common. */
export interface ResourceFrame {
  readonly pod: Pod;
  readonly limits: NamespaceLimits;
  readonly defaulting: Defaulting;
  /** Those that have a say in each other's resources: all, where Pod or LimitRanges bound their sum, else ours alone. */
  readonly watched: readonly AssessedContainer[];
}

/** What a LimitRange defaulted that we know nothing of is left alone: it may demand a minimum, too. */
function defaultingOf({ metadata }: Pod, limits: NamespaceLimits): Defaulting {
  if (limits.isEmpty) return { done: NOTHING_DEFAULTED, limits };
  return { done: parseLimitRanger(metadata?.annotations?.[LIMIT_RANGER_ANNOTATION]), limits };
}

/** @param ours the containers whose resources are wanted */
export function resourceFrame(
  { pod, containers, limitRanges }: FrameQuestion,
  ours: readonly AssessedContainer[],
): ResourceFrame {
  const limits = namespaceLimits(limitRanges);
  const isBounded = limits.pod !== null || (pod.spec.resources ?? null) !== null;
  return { pod, limits, defaulting: defaultingOf(pod, limits), watched: isBounded ? containers : ours };
}

const NO_POD_LEVEL: PodLevel = { request: null, limit: null };

/** Where the Pod has a limit alone, the API server takes it for the request, too. */
function podLevelOf({ spec }: Pod, resource: ResourceName): PodLevel {
  if (!spec.resources) return NO_POD_LEVEL;
  const { requests, limits } = spec.resources;
  const limit = tryParseQuantity(limits?.[resource] ?? '');
  return { limit, request: tryParseQuantity(requests?.[resource] ?? '') ?? limit };
}

/** The most that a container's limit may be, whatever is wanted. */
export function mostOf({ pod, limitRanges }: FrameQuestion, resource: ResourceName): Bound | null {
  const { most } = namespaceLimits(limitRanges).container[resource].limit;
  const { limit } = podLevelOf(pod, resource);
  return limit === null ? most : lower(most, { value: limit, source: { kind: 'pod' } });
}

/** Of those that are watched. */
export type PlannedResource = ReadonlyMap<AssessedContainer, FittedResource>;

/** @param want null for a container of which nothing is to be set */
export function planOf(
  { pod, limits, defaulting, watched }: ResourceFrame,
  resource: ResourceName,
  want: (container: AssessedContainer, slots: Slots) => WantedResource | null,
): PlannedResource {
  const whole: Whole = {
    resource,
    container: limits.container[resource],
    podLevel: podLevelOf(pod, resource),
    pod: limits.pod?.[resource] ?? null,
  };
  const asked = watched.map((container) => {
    const slots = readSlots(container, resource, defaulting);
    return { container, kind: container.kind, slots, wanted: want(container, slots) };
  });
  const fits = planResource(asked, whole);
  return new Map(
    asked.map(({ container, slots, wanted }, index): [AssessedContainer, FittedResource] => {
      const fit = wanted === null ? null : (fits[index] ?? null);
      return [container, { resource, slots, wanted, fit }];
    }),
  );
}
