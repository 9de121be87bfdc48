import type { LimitRange } from '../../pod/cluster-objects.ts';
import type { Pod } from '../../pod/pod.ts';
import type { ContainerKind } from '../../pod/visit-containers.ts';
import {
  type PodBounds,
  type Bound,
  type Side,
  type SideBounds,
  type Bounds,
  higher,
  lower,
  namespaceLimits,
  ROUNDING,
  type ResourceName,
} from './bounds.ts';
import { effectiveValue, type CurrentValues, isRequestOurs } from './current-values.ts';
import type { DesiredValues } from './desired-values.ts';
import { type Quantity, UNIT, largest, roundDown, roundUp, smallest, tryParseQuantity } from './quantity.ts';

/** The current and desired values of one resource of one container. */
export interface ContainerValues {
  readonly kind: ContainerKind;
  readonly current: CurrentValues;
  /** Null: wasmgate sets nothing. */
  readonly desired: DesiredValues | null;
}

/** One resource of the Pod's own `spec.resources`, which Kubernetes calls pod-level resources. */
export interface PodLevel {
  readonly request: Quantity | null;
  readonly limit: Quantity | null;
}

const NO_POD_LEVEL: PodLevel = { request: null, limit: null };

/** Reads the pod-level resources. Like the API server, it copies a lone limit into the request. */
export function podLevelOf({ spec }: Pod, resource: ResourceName): PodLevel {
  if (!spec.resources) return NO_POD_LEVEL;
  const { requests, limits } = spec.resources;
  const limit = tryParseQuantity(limits?.[resource] ?? '');
  return { limit, request: tryParseQuantity(requests?.[resource] ?? '') ?? limit };
}

/** Returns the highest limit that a container of this Pod may have. */
export function maxLimitOf(
  { pod, limitRanges }: { readonly pod: Pod; readonly limitRanges: readonly LimitRange[] },
  resource: ResourceName,
): Bound | null {
  const { max } = namespaceLimits(limitRanges).container[resource].limit;
  const { limit } = podLevelOf(pod, resource);
  return limit === null ? max : lower(max, { value: limit, source: { kind: 'pod' } });
}

function plus(one: Quantity | null, other: Quantity | null): Quantity | null {
  return one === null || other === null ? (one ?? other) : one + other;
}

function larger(one: Quantity | null, other: Quantity | null): Quantity | null {
  return one === null || other === null ? (one ?? other) : largest(one, other);
}

/**
 * Sums up a Pod as the LimitRanger plugin does: main containers and sidecars together, or an init container with the sidecars
 * before it if that is more (podRequests and podLimits in plugin/pkg/admission/limitranger/admission.go). Returns null if no
 * container sets a value.
 */
function podTotal(containers: readonly ContainerValues[], side: Side): Quantity | null {
  let together: Quantity | null = null;
  let sidecars: Quantity | null = null;
  let starting: Quantity | null = null;
  for (const { kind, current } of containers) {
    const value = effectiveValue(current, side);
    if (kind === 'main' || kind === 'sidecar') together = plus(together, value);
    if (kind === 'sidecar') sidecars = plus(sidecars, value);
    if (kind === 'sidecar') starting = larger(starting, sidecars);
    if (kind === 'init') starting = larger(starting, plus(value, sidecars));
  }
  return larger(together, starting);
}

/** Returns the bound for which the API server would reject the Pod; null if the Pod is within all of them. */
export function violatedBound(
  containers: readonly ContainerValues[],
  podLevel: PodLevel,
  { min, max, ratio }: PodBounds,
): Bound | null {
  const request = podLevel.request ?? podTotal(containers, 'requests');
  const limit = podLevel.limit ?? podTotal(containers, 'limits');
  if (min !== null && (request === null || request < min.value || (limit ?? min.value) < min.value))
    return min;
  if (max !== null && (limit === null || limit > max.value || (request ?? 0n) > max.value)) return max;
  const isRatioKept = ratio === null || (request && limit && limit * UNIT <= request * ratio.value);
  return isRatioKept ? null : ratio;
}

function isOurs({ current, desired }: ContainerValues, side: Side): boolean {
  if (desired === null) return false;
  return side === 'requests'
    ? isRequestOurs(current)
    : desired.limit !== null && current.limit.origin !== 'user';
}

function amountOf({ current }: ContainerValues, side: Side): Quantity {
  return effectiveValue(current, side) ?? 0n;
}

function sum(containers: readonly ContainerValues[], side: Side): Quantity {
  return containers.reduce((total, container) => total + amountOf(container, side), 0n);
}

/** Containers that run at the same time. */
interface Phase {
  /** The sum of values that wasmgate does not set. */
  readonly taken: Quantity;
  /** How many values wasmgate sets, and so how many share the rest. */
  readonly parts: number;
}

/**
 * Returns the phases of a Pod, all of which must fit: sidecars and main containers run at the same time; before that, init
 * containers run one after the other beside the sidecars (component-helpers resource.AggregateContainerRequests).
 */
function phases(
  containers: readonly ContainerValues[],
  side: Side,
): readonly [main: Phase, ...init: Phase[]] {
  const select = (kind: ContainerKind, ours: boolean): readonly ContainerValues[] =>
    containers.filter((container) => container.kind === kind && isOurs(container, side) === ours);
  const sidecars = sum(select('sidecar', false), side);
  const ourSidecars = select('sidecar', true).length;
  const largestInit = largest(0n, ...select('init', false).map((container) => amountOf(container, side)));
  return [
    { taken: sidecars + sum(select('main', false), side), parts: ourSidecars + select('main', true).length },
    { taken: sidecars + largestInit, parts: ourSidecars },
    { taken: sidecars, parts: select('init', true).length === 0 ? 0 : ourSidecars + 1 },
  ];
}

/** Returns an equal part of `total` for each value that wasmgate sets, whether it is set already or not. */
function equalPart(total: Quantity, containers: readonly ContainerValues[], side: Side): Quantity {
  const shared = phases(containers, side).filter(({ parts }) => parts > 0);
  const amounts = shared.map(({ taken, parts }) => (total - taken) / BigInt(parts));
  return largest(0n, smallest(total, ...amounts));
}

/** Returns the least that each value must be for the Pod to reach `total`. */
function minPart(total: Quantity, containers: readonly ContainerValues[], side: Side): Quantity {
  const [{ taken, parts }] = phases(containers, side);
  return parts === 0 || taken >= total ? 0n : (total - taken + BigInt(parts) - 1n) / BigInt(parts);
}

interface PodContainers {
  readonly containers: readonly ContainerValues[];
  readonly resource: ResourceName;
}

/**
 * Adds the bounds of pod-level resources: the API server rejects a Pod with a container limit above the Pod's, or with container
 * requests that add up to more than the Pod's (tried on 1.36.3).
 */
export function withinPodLevel(
  bounds: Bounds,
  { request, limit }: PodLevel,
  { containers, resource }: PodContainers,
): Bounds {
  const source = { kind: 'pod' } as const;
  const part =
    request === null
      ? null
      : { value: roundDown(equalPart(request, containers, 'requests'), ROUNDING[resource]), source };
  const maxLimit = limit === null ? null : { value: limit, source };
  return {
    request: { ...bounds.request, max: lower(bounds.request.max, part) },
    limit: { ...bounds.limit, max: lower(bounds.limit.max, maxLimit) },
    ratio: bounds.ratio,
  };
}

/** Adds the bounds that LimitRanges set for whole Pods, in equal parts. */
export function withinPodBounds(
  bounds: Bounds,
  { min, max, ratio }: PodBounds,
  { containers, resource }: PodContainers,
): Bounds {
  const step = ROUNDING[resource];
  const narrowed = (own: SideBounds, side: Side): SideBounds => ({
    min: higher(own.min, min && { ...min, value: roundUp(minPart(min.value, containers, side), step) }),
    max: lower(own.max, max && { ...max, value: roundDown(equalPart(max.value, containers, side), step) }),
  });
  return {
    request: narrowed(bounds.request, 'requests'),
    limit: narrowed(bounds.limit, 'limits'),
    ratio: lower(bounds.ratio, ratio),
  };
}
