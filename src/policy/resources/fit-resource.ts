import type { Change } from '../decision.ts';
import { type Bound, type Bounds, lower, type ResourceName } from './bounds.ts';
import { isReadable, isRequestOurs, type Slot, type Slots } from './current-values.ts';
import type { Wanted, WantedResource } from './desired-values.ts';
import { largest, roundDown, roundUp, smallest, UNIT, type Quantity, formatQuantity } from './quantity.ts';

/** The values that result; null where there is none, or where what stands stays as it is. */
export interface Fit {
  readonly request: Quantity | null;
  readonly limit: Quantity | null;
  /** What leaves so little that nothing was filled in. */
  readonly obstacle: Bound | null;
}

export const UNTOUCHED: Fit = { request: null, limit: null, obstacle: null };

/** What may become of the request. */
interface Room {
  readonly isOpen: boolean;
  readonly least: Quantity;
  readonly most: Bound | null;
}

function closest(value: Quantity, most: Bound | null): Quantity {
  return most === null ? value : smallest(value, most.value);
}

/** A default is tightened, never raised: what it comes from may forbid more. */
function requestRoom(slots: Slots, { least, most }: Bounds['request']): Room {
  const standing = slots.request.value;
  const closed = { isOpen: false, least: standing ?? 0n, most };
  if (!isRequestOurs(slots)) return closed;
  const demanded = least?.value ?? 0n;
  if (most !== null && (most.value <= 0n || most.value < demanded)) return closed;
  return { isOpen: true, least: standing === null ? demanded : smallest(demanded, standing), most };
}

/** The most that a limit may be: what bounds limits themselves, and what the largest request allows by its ratio. */
function limitCap(slots: Slots, { limit, ratio }: Bounds, room: Room): Bound | null {
  if (ratio === null) return limit.most;
  const standing = slots.request.value;
  const request = standing === null || !room.isOpen ? standing : closest(standing, room.most);
  const mostRequest = request ?? room.most?.value ?? null;
  if (mostRequest === null) return limit.most;
  return lower(limit.most, { ...ratio, value: (mostRequest * ratio.value) / UNIT });
}

function fitDefault(standing: Quantity | null, target: Quantity, least: Quantity): Quantity | null {
  return standing === null || target < least ? null : smallest(standing, target);
}

interface LimitFrame {
  readonly room: Room;
  readonly cap: Bound | null;
  /** Under this the API server refuses it. */
  readonly demanded: Quantity;
}

type FittedLimit = { readonly value: Quantity | null; readonly obstacle: Bound | null };

const KEPT: FittedLimit = { value: null, obstacle: null };

function fitLimit(slots: Slots, wanted: Wanted, { room, cap, demanded }: LimitFrame): FittedLimit {
  const { origin, value: standing } = slots.limit;
  if (origin === 'user' || (origin === 'absent' && wanted.limit === null)) return KEPT;
  const enough = largest(wanted.least, demanded);
  const target = wanted.limit === null ? standing : largest(wanted.limit, enough);
  if (target === null) return KEPT;
  const capped = closest(target, cap);
  if (origin === 'default') return { value: fitDefault(standing, capped, demanded), obstacle: null };
  if (capped < enough) return { value: null, obstacle: cap };
  // A limit without a request would become the request, too.
  if (!room.isOpen && slots.request.value === null) return { value: null, obstacle: room.most };
  return {
    value: capped === target ? target : largest(enough, roundDown(capped, wanted.step)),
    obstacle: null,
  };
}

function changed(slot: Slot, value: Quantity | null): Quantity | null {
  return value === slot.value ? null : value;
}

/** @param limit what the limit will be; null where there is none */
function fitRequest(slots: Slots, wanted: Wanted, { bounds, room, limit }: RequestFrame): Quantity | null {
  if (!room.isOpen) return null;
  const byRatio =
    limit === null || bounds.ratio === null
      ? 0n
      : roundUp((limit * UNIT + bounds.ratio.value - 1n) / bounds.ratio.value, wanted.step);
  const request = closest(
    closest(largest(wanted.request, room.least, byRatio), room.most),
    bounds.limit.most,
  );
  return smallest(request, ...[slots.request.value, limit].filter((most) => most !== null));
}

/** Where neither limit nor request is there or comes: with a limit, the API server makes a request of it. */
function obstacleToRequest({ request, limit }: Slots, { isOpen, most }: Room): Bound | null {
  return !isOpen && request.origin === 'absent' && limit.origin === 'absent' ? most : null;
}

interface RequestFrame {
  readonly bounds: Bounds;
  readonly room: Room;
  readonly limit: Quantity | null;
}

/**
 * Fits what is wanted between what the user set, what a LimitRange defaulted, and what Pod and LimitRanges allow. Fitting its
 * own result changes nothing.
 */
export function fitResource(slots: Slots, wanted: Wanted, bounds: Bounds): Fit {
  if (!isReadable(slots)) return UNTOUCHED;
  const room = requestRoom(slots, bounds.request);
  const cap = limitCap(slots, bounds, room);
  const demanded = largest(room.least, bounds.limit.least?.value ?? 0n);
  const { value, obstacle: ofLimit } = fitLimit(slots, wanted, { room, cap, demanded });
  const obstacle = ofLimit ?? obstacleToRequest(slots, room);
  const isLeftOut = obstacle !== null && slots.request.origin === 'absent';
  const limit = value ?? slots.limit.value;
  const request = isLeftOut ? null : fitRequest(slots, wanted, { bounds, room, limit });
  return { request: changed(slots.request, request), limit: changed(slots.limit, value), obstacle };
}

export interface FittedResource {
  readonly resource: ResourceName;
  readonly slots: Slots;
  /** Null where nothing was to be set. */
  readonly wanted: WantedResource | null;
  readonly fit: Fit | null;
}

interface NewValue {
  readonly slot: Slot;
  readonly value: Quantity;
  readonly wanted: Quantity | null;
  readonly reason: string;
  /** What may ask for more than is wanted, in words. */
  readonly demand: string;
}

function reasonOf({ slot, value, wanted, reason, demand }: NewValue, resource: ResourceName): string {
  const bound = wanted !== null && value < wanted ? ', as much as its bounds leave' : '';
  const raised = wanted !== null && value > wanted ? `, raised to ${demand}` : '';
  const replaced =
    slot.value === null ? '' : `, instead of ${formatQuantity(slot.value, resource)} by a LimitRange`;
  return `${reason}${bound}${raised}${replaced}`;
}

/** The patch of one resource of one container; parents that are missing are made by whoever writes the patch. */
export function changesOf(path: string, { resource, slots, wanted, fit }: FittedResource): readonly Change[] {
  if (wanted === null || fit === null) return [];
  const sides = [
    {
      side: 'requests',
      slot: slots.request,
      value: fit.request,
      wanted: wanted.request,
      reason: wanted.requestReason,
      demand: 'what a LimitRange demands',
    },
    {
      side: 'limits',
      slot: slots.limit,
      value: fit.limit,
      wanted: wanted.limit,
      reason: wanted.limitReason,
      demand:
        slots.request.value !== null && fit.limit === slots.request.value
          ? 'its request'
          : 'what a LimitRange demands',
    },
  ] as const;
  return sides.flatMap(({ side, value, ...rest }) =>
    value === null
      ? []
      : {
          op: rest.slot.isWritten ? ('replace' as const) : ('add' as const),
          path: `${path}/resources/${side}/${resource}`,
          value: formatQuantity(value, resource),
          reason: reasonOf({ ...rest, value }, resource),
        },
  );
}
