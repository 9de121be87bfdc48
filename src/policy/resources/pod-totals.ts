import type { ContainerKind } from '../../pod/visit-containers.ts';
import type { PodBounds } from './namespace-limits.ts';
import { type Quantity, UNIT } from './quantity.ts';
import type { Bound } from './resource-bounds.ts';
import type { Side } from './resource-name.ts';
import { valueOf, type Slots } from './resource-slots.ts';

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
function total(parts: readonly Part[], side: Side): Quantity | null {
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
  const request = podLevel.request ?? total(parts, 'requests');
  const limit = podLevel.limit ?? total(parts, 'limits');
  if (min !== null && (request === null || request < min.value || (limit ?? min.value) < min.value))
    return min;
  if (max !== null && (limit === null || limit > max.value || (request ?? 0n) > max.value)) return max;
  const isRatioKept = ratio === null || (request && limit && limit * UNIT <= request * ratio.value);
  return isRatioKept ? null : ratio;
}
