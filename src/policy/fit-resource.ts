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

/** A default is tightened, never raised: the LimitRange it comes from may forbid more. */
function fitDefault(slot: Slot, target: Quantity | null, cap: Quantity | null): Quantity | null {
  return slot.value === null ? null : bounded(slot.value, target, cap);
}

interface LimitRoom {
  /** The request that the container will have; null where it has none. */
  readonly request: Quantity | null;
  readonly cap: Quantity | null;
}

function fitLimit(
  slot: Slot,
  { limit, least }: Wanted,
  { request, cap }: LimitRoom,
): Quantity | 'squeezed' | null {
  if (slot.origin === 'user') return null;
  if (limit === null) return fitDefault(slot, null, cap);
  const enough = largest(least, request ?? 0n);
  const target = largest(limit, enough);
  const isSqueezed = cap !== null && cap < enough;
  if (slot.origin === 'default') {
    // What stands below the floor, or above a Pod that is too small, is told but cannot be helped.
    return fitDefault(slot, target, cap);
  }
  // A limit without a request would become the request, too.
  return isSqueezed || request === null ? 'squeezed' : bounded(target, cap);
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
  const room = { request: request ?? slots.request.value, cap: budget.limit };
  const limit = fitLimit(slots.limit, wanted, room);
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
