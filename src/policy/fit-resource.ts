import type { Budget } from './pod-budget.ts';
import { largest, smallest, type Quantity } from './quantity.ts';
import { isReadable, isRequestOurs, type Slot, type Slots } from './resource-slots.ts';

export interface Wanted {
  readonly request: Quantity;
  /** Null: no limit is to be set. */
  readonly limit: Quantity | null;
  /** A limit below this is worse than none. */
  readonly least: Quantity;
}

/** The values that result; null where there is none, or where what stands stays as it is. */
export interface Fit {
  readonly request: Quantity | null;
  readonly limit: Quantity | null;
  /** The Pod's own resources leave too little, so that nothing was filled in. */
  readonly isSqueezedOut: boolean;
}

const UNTOUCHED: Fit = { request: null, limit: null, isSqueezedOut: false };

function bounded(value: Quantity, ...bounds: readonly (Quantity | null)[]): Quantity {
  return smallest(value, ...bounds.filter((bound) => bound !== null));
}

function fitRequest(slots: Slots, wanted: Quantity, part: Quantity | null): Quantity | null {
  if (!isRequestOurs(slots)) return null;
  if (part !== null && part <= 0n) return null;
  return bounded(wanted, part, slots.request.value);
}

interface LimitRoom {
  /** What the request will be, if it changes. */
  readonly fitted: Quantity | null;
  /** What the request stays at, if it does not. */
  readonly fixed: Quantity | null;
  readonly cap: Quantity | null;
}

/**
 * A default is tightened, never raised: the LimitRange it comes from may forbid more. What stands below the floor, or above
 * a Pod that is too small, is told but cannot be helped.
 */
function fitDefault(standing: Quantity | null, target: Quantity | null, room: LimitRoom): Quantity | null {
  if (standing === null) return null;
  const tightened = bounded(standing, target, room.cap);
  return room.fixed !== null && tightened < room.fixed ? null : tightened;
}

function fitLimit(slot: Slot, { limit, least }: Wanted, room: LimitRoom): Quantity | 'squeezed' | null {
  if (slot.origin === 'user') return null;
  if (limit === null) return fitDefault(slot.value, null, room);
  const request = room.fitted ?? room.fixed;
  const enough = largest(least, request ?? 0n);
  const target = largest(limit, enough);
  if (slot.origin === 'default') return fitDefault(slot.value, target, room);
  const isSqueezed = room.cap !== null && room.cap < enough;
  // A limit without a request would become the request, too.
  return isSqueezed || request === null ? 'squeezed' : bounded(target, room.cap);
}

function changed(slot: Slot, value: Quantity | null): Quantity | null {
  return value === slot.value ? null : value;
}

/**
 * Fits what is wanted between what the user set, what a LimitRange defaulted and what the Pod allows. Fitting its own
 * result changes nothing.
 */
export function fitResource(slots: Slots, wanted: Wanted, budget: Budget): Fit {
  if (!isReadable(slots)) return UNTOUCHED;
  const request = fitRequest(slots, wanted.request, budget.request);
  const fixed = request === null ? slots.request.value : null;
  const limit = fitLimit(slots.limit, wanted, { fitted: request, fixed, cap: budget.limit });
  if (limit === 'squeezed') {
    const kept = slots.request.origin === 'default' ? changed(slots.request, request) : null;
    return { request: kept, limit: null, isSqueezedOut: true };
  }
  const effective = limit ?? slots.limit.value;
  return {
    request: request === null ? null : changed(slots.request, bounded(request, effective, budget.limit)),
    limit: changed(slots.limit, limit),
    isSqueezedOut: false,
  };
}
