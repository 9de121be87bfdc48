import { fitResource, UNTOUCHED, type Fit } from './fit-resource.ts';
import type { PodBounds } from './namespace-limits.ts';
import { withinPodLevel, withinShares, type Member } from './pod-shares.ts';
import { brokenBound, type PodLevel } from './pod-totals.ts';
import type { Quantity } from './quantity.ts';
import type { Bound, Bounds } from './resource-bounds.ts';
import type { ResourceName } from './resource-name.ts';
import type { Slot, Slots } from './resource-slots.ts';

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

function isBounded({ podLevel, pod }: Whole): boolean {
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
export function planResource(members: readonly Member[], whole: Whole): readonly Fit[] {
  if (!isBounded(whole)) return members.map((member) => fitted(member, whole.container, 'free'));
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
