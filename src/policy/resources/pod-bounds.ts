import type { ContainerKind } from '../../pod/visit-containers.ts';
import {
  type PodBounds,
  type Bound,
  type Side,
  type Bounds,
  higher,
  lower,
  STEPS,
  type ResourceName,
} from './bounds.ts';
import { valueOf, type Slots, isRequestOurs } from './current-values.ts';
import type { Wanted } from './desired-values.ts';
import { type Quantity, UNIT, largest, roundDown, roundUp, smallest } from './quantity.ts';

interface Part {
  readonly kind: ContainerKind;
  readonly slots: Slots;
}

/** One resource of the Pod's own `spec.resources`. */
export interface PodLevel {
  readonly request: Quantity | null;
  readonly limit: Quantity | null;
}

function plus(one: Quantity | null, other: Quantity | null): Quantity | null {
  return one === null || other === null ? (one ?? other) : one + other;
}

function more(one: Quantity | null, other: Quantity | null): Quantity | null {
  return one === null || other === null ? (one ?? other) : one > other ? one : other;
}

/**
 * What a Pod comes to, as the LimitRanger plugin adds it up: main containers and sidecars together, or an init container with
 * the sidecars before it where that is more (podRequests and podLimits in plugin/pkg/admission/limitranger/admission.go).
 * Null where no container says anything.
 */
function podTotal(parts: readonly Part[], side: Side): Quantity | null {
  let together: Quantity | null = null;
  let sidecars: Quantity | null = null;
  let before: Quantity | null = null;
  for (const part of parts) {
    const value = valueOf(part.slots, side);
    if (part.kind === 'main' || part.kind === 'sidecar') together = plus(together, value);
    if (part.kind === 'sidecar') sidecars = plus(sidecars, value);
    if (part.kind === 'sidecar') before = more(before, sidecars);
    if (part.kind === 'init') before = more(before, plus(value, sidecars));
  }
  return more(together, before);
}

/** The bound that a Pod does not keep, and that the API server would refuse it for; null where it keeps all. */
export function brokenBound(
  parts: readonly Part[],
  podLevel: PodLevel,
  { min, max, ratio }: PodBounds,
): Bound | null {
  const request = podLevel.request ?? podTotal(parts, 'requests');
  const limit = podLevel.limit ?? podTotal(parts, 'limits');
  if (min !== null && (request === null || request < min.value || (limit ?? min.value) < min.value))
    return min;
  if (max !== null && (limit === null || limit > max.value || (request ?? 0n) > max.value)) return max;
  const isRatioKept = ratio === null || (request && limit && limit * UNIT <= request * ratio.value);
  return isRatioKept ? null : ratio;
}

export interface Member {
  readonly kind: ContainerKind;
  readonly slots: Slots;
  /** Null: nothing of it is set. */
  readonly wanted: Wanted | null;
}

function isOurs({ slots, wanted }: Member, side: Side): boolean {
  if (wanted === null) return false;
  return side === 'requests' ? isRequestOurs(slots) : wanted.limit !== null && slots.limit.origin !== 'user';
}

function sum(members: readonly Member[], side: Side): Quantity {
  return members.reduce((total, member) => total + amountOf(member, side), 0n);
}

function amountOf({ slots }: Member, side: Side): Quantity {
  return valueOf(slots, side) ?? 0n;
}

interface Constraint {
  /** What the others take. */
  readonly taken: Quantity;
  /** How many parts the rest is for. */
  readonly parts: number;
}

/**
 * Sidecars and main containers run at the same time; before that, init containers run one after the other beside the
 * sidecars. Either must fit (component-helpers resource.AggregateContainerRequests).
 */
function constraints(
  members: readonly Member[],
  side: Side,
): readonly [together: Constraint, ...Constraint[]] {
  const of = (kind: ContainerKind, isWanted: boolean): readonly Member[] =>
    members.filter((member) => member.kind === kind && isOurs(member, side) === isWanted);
  const sidecars = sum(of('sidecar', false), side);
  const ownSidecars = of('sidecar', true).length;
  const largestInit = largest(0n, ...of('init', false).map((member) => amountOf(member, side)));
  return [
    { taken: sidecars + sum(of('main', false), side), parts: ownSidecars + of('main', true).length },
    { taken: sidecars + largestInit, parts: ownSidecars },
    { taken: sidecars, parts: of('init', true).length === 0 ? 0 : ownSidecars + 1 },
  ];
}

/** An equal part of `total` for each of ours. It does not shrink when some of them have got theirs. */
function share(total: Quantity, members: readonly Member[], side: Side): Quantity {
  const parts = constraints(members, side).filter((constraint) => constraint.parts > 0);
  const shares = parts.map((constraint) => (total - constraint.taken) / BigInt(constraint.parts));
  return largest(0n, smallest(total, ...shares));
}

/** What each of ours must at least have for the Pod to come to `total`. */
function need(total: Quantity, members: readonly Member[], side: Side): Quantity {
  const [{ taken, parts }] = constraints(members, side);
  return parts === 0 || taken >= total ? 0n : (total - taken + BigInt(parts) - 1n) / BigInt(parts);
}

/**
 * Bounds by the Pod's own resources: the API server refuses a Pod with a container limit above the Pod's, or with container
 * requests that sum to more than the Pod's (tried on 1.36.3).
 */
export function withinPodLevel(
  bounds: Bounds,
  { request, limit }: PodLevel,
  { members, resource }: { readonly members: readonly Member[]; readonly resource: ResourceName },
): Bounds {
  const source = { kind: 'pod' } as const;
  const part =
    request === null
      ? null
      : { value: roundDown(share(request, members, 'requests'), STEPS[resource]), source };
  const most = limit === null ? null : { value: limit, source };
  return {
    request: { ...bounds.request, most: lower(bounds.request.most, part) },
    limit: { ...bounds.limit, most: lower(bounds.limit.most, most) },
    ratio: bounds.ratio,
  };
}

/** Bounds by what LimitRanges say of whole Pods, in equal parts. */
export function withinShares(
  bounds: Bounds,
  { min, max, ratio }: PodBounds,
  { members, resource }: { readonly members: readonly Member[]; readonly resource: ResourceName },
): Bounds {
  const step = STEPS[resource];
  const side = ({ least, most }: Bounds['limit'], which: Side): Bounds['limit'] => {
    const part = (bound: Bound): Bound => ({
      ...bound,
      value: roundDown(share(bound.value, members, which), step),
    });
    const needed = (bound: Bound): Bound => ({
      ...bound,
      value: roundUp(need(bound.value, members, which), step),
    });
    return {
      least: higher(least, min === null ? null : needed(min)),
      most: lower(most, max === null ? null : part(max)),
    };
  };
  return {
    request: side(bounds.request, 'requests'),
    limit: side(bounds.limit, 'limits'),
    ratio: lower(bounds.ratio, ratio),
  };
}
