import type { Change } from '../decision.ts';
import { lower, type Bound, type Bounds, type ResourceName, type SideBounds } from './bounds.ts';
import { isReadable, isRequestOurs, type CurrentValue, type CurrentValues } from './current-values.ts';
import type { DesiredValues } from './desired-values.ts';
import { formatQuantity, largest, roundDown, roundUp, smallest, UNIT, type Quantity } from './quantity.ts';

/** The values to write, each null if it stays unchanged. */
export interface FittedValues {
  readonly request: Quantity | null;
  readonly limit: Quantity | null;
  /** The bound that leaves too little for a value that is absent. */
  readonly obstacle: Bound | null;
}

export const UNCHANGED: FittedValues = { request: null, limit: null, obstacle: null };

/** The range in which wasmgate may set the request. */
interface RequestRange {
  readonly isOpen: boolean;
  readonly min: Quantity;
  readonly max: Bound | null;
}

function atMost(value: Quantity, max: Bound | null): Quantity {
  return max === null ? value : smallest(value, max.value);
}

/** Returns the range of the request. A default is lowered and never raised, because its LimitRange may forbid more. */
function requestRange(current: CurrentValues, { min, max }: SideBounds): RequestRange {
  const existing = current.request.value;
  const closed = { isOpen: false, min: existing ?? 0n, max };
  if (!isRequestOurs(current)) return closed;
  const required = min?.value ?? 0n;
  if (max !== null && (max.value <= 0n || max.value < required)) return closed;
  return { isOpen: true, min: existing === null ? required : smallest(required, existing), max };
}

/** Returns the highest limit: by the bounds of limits, and by the ratio to the largest possible request. */
function maxLimit(current: CurrentValues, { limit, ratio }: Bounds, range: RequestRange): Bound | null {
  if (ratio === null) return limit.max;
  const existing = current.request.value;
  const request = existing === null || !range.isOpen ? existing : atMost(existing, range.max);
  const maxRequest = request ?? range.max?.value ?? null;
  if (maxRequest === null) return limit.max;
  return lower(limit.max, { ...ratio, value: (maxRequest * ratio.value) / UNIT });
}

interface FittedLimit {
  readonly value: Quantity | null;
  readonly obstacle: Bound | null;
}

const LIMIT_UNCHANGED: FittedLimit = { value: null, obstacle: null };

/** @param min below which the API server rejects a limit */
function fitLimit(
  current: CurrentValues,
  desired: DesiredValues,
  { range, max, min }: { readonly range: RequestRange; readonly max: Bound | null; readonly min: Quantity },
): FittedLimit {
  const { origin, value: existing } = current.limit;
  if (origin === 'user' || (origin === 'absent' && desired.limit === null)) return LIMIT_UNCHANGED;
  const enough = largest(desired.minLimit, min);
  const target = desired.limit === null ? existing : largest(desired.limit, enough);
  if (target === null) return LIMIT_UNCHANGED;
  const capped = atMost(target, max);
  if (origin === 'default') {
    const isLowered = existing !== null && capped >= min;
    return { value: isLowered ? smallest(existing, capped) : null, obstacle: null };
  }
  if (capped < enough) return { value: null, obstacle: max };
  // The API server would copy a limit without a request into the request.
  if (!range.isOpen && current.request.value === null) return { value: null, obstacle: range.max };
  const value = capped === target ? target : largest(enough, roundDown(capped, desired.step));
  return { value, obstacle: null };
}

/** @param limit that the container will have; null if none */
function fitRequest(
  current: CurrentValues,
  desired: DesiredValues,
  {
    bounds,
    range,
    limit,
  }: { readonly bounds: Bounds; readonly range: RequestRange; readonly limit: Quantity | null },
): Quantity | null {
  if (!range.isOpen) return null;
  const byRatio =
    limit === null || bounds.ratio === null
      ? 0n
      : roundUp((limit * UNIT + bounds.ratio.value - 1n) / bounds.ratio.value, desired.step);
  const request = atMost(atMost(largest(desired.request, range.min, byRatio), range.max), bounds.limit.max);
  return smallest(request, ...[current.request.value, limit].filter((value) => value !== null));
}

/** Returns the bound that prevents a request, unless there is a limit, which the API server copies into the request. */
function obstacleToRequest({ request, limit }: CurrentValues, { isOpen, max }: RequestRange): Bound | null {
  return !isOpen && request.origin === 'absent' && limit.origin === 'absent' ? max : null;
}

function changed({ value }: CurrentValue, fitted: Quantity | null): Quantity | null {
  return fitted === value ? null : fitted;
}

/**
 * Fits desired values between what the user set, what a LimitRange defaulted, and what Pod and LimitRanges allow. Fitting the
 * result again changes nothing.
 */
export function fitResource(current: CurrentValues, desired: DesiredValues, bounds: Bounds): FittedValues {
  if (!isReadable(current)) return UNCHANGED;
  const range = requestRange(current, bounds.request);
  const max = maxLimit(current, bounds, range);
  const min = largest(range.min, bounds.limit.min?.value ?? 0n);
  const { value, obstacle: obstacleToLimit } = fitLimit(current, desired, { range, max, min });
  const obstacle = obstacleToLimit ?? obstacleToRequest(current, range);
  const isLeftOut = obstacle !== null && current.request.origin === 'absent';
  const limit = value ?? current.limit.value;
  const request = isLeftOut ? null : fitRequest(current, desired, { bounds, range, limit });
  return { request: changed(current.request, request), limit: changed(current.limit, value), obstacle };
}

/** One resource of one container: its current, desired and new values. */
export interface ContainerPlan {
  readonly resource: ResourceName;
  readonly current: CurrentValues;
  /** Null, like `fitted`, if wasmgate sets nothing. */
  readonly desired: DesiredValues | null;
  readonly fitted: FittedValues | null;
}

interface NewValue {
  readonly current: CurrentValue;
  readonly value: Quantity;
  readonly desired: Quantity | null;
  readonly reason: string;
  /** What may require more than is desired, for messages. */
  readonly raisedTo: string;
}

function reasonOf({ current, value, desired, reason, raisedTo }: NewValue, resource: ResourceName): string {
  const lowered = desired !== null && value < desired ? ', lowered to what its bounds allow' : '';
  const raised = desired !== null && value > desired ? `, raised to ${raisedTo}` : '';
  const replaced =
    current.value === null ? '' : `, instead of ${formatQuantity(current.value, resource)} from a LimitRange`;
  return `${reason}${lowered}${raised}${replaced}`;
}

/** Returns the changes to one resource of the container at `path`. The patch adds missing parents. */
export function resourceChanges(
  path: string,
  { resource, current, desired, fitted }: ContainerPlan,
): readonly Change[] {
  if (desired === null || fitted === null) return [];
  const isRequest = current.request.value !== null && fitted.limit === current.request.value;
  const sides = [
    {
      side: 'requests',
      current: current.request,
      value: fitted.request,
      desired: desired.request,
      reason: desired.requestReason,
      raisedTo: 'what a LimitRange requires',
    },
    {
      side: 'limits',
      current: current.limit,
      value: fitted.limit,
      desired: desired.limit,
      reason: desired.limitReason,
      raisedTo: isRequest ? 'its request' : 'what a LimitRange requires',
    },
  ] as const;
  return sides.flatMap(({ side, value, ...rest }) =>
    value === null
      ? []
      : {
          op: rest.current.isWritten ? ('replace' as const) : ('add' as const),
          path: `${path}/resources/${side}/${resource}`,
          value: formatQuantity(value, resource),
          reason: reasonOf({ ...rest, value }, resource),
        },
  );
}
