import type { Pod } from '../pod/pod.ts';
import type { ContainerKind } from '../pod/visit-containers.ts';
import type { ResourceName } from './limit-ranger-annotation.ts';
import { parseQuantity, roundDown, tryParseQuantity, type Quantity } from './quantity.ts';
import { isRequestOurs, type Slots } from './resource-slots.ts';

/**
 * What pod-level resources leave to one container. The API server refuses a Pod with a container limit above the Pod's, or
 * with container requests that sum to more than the Pod's (tried on 1.36.3).
 */
export interface Budget {
  /** The Pod's limit; null where it has none. */
  readonly limit: Quantity | null;
  /** A container's part of what the others' requests leave of the Pod's; null where the Pod has no request. */
  readonly request: Quantity | null;
}

export interface BudgetMember {
  readonly kind: ContainerKind;
  readonly slots: Slots;
  /** Whether wasmgate sets what is missing. */
  readonly isManaged: boolean;
}

const UNLIMITED: Budget = { limit: null, request: null };

/** Parts are rounded down to values that people recognise. */
const STEPS: Readonly<Record<ResourceName, Quantity>> = {
  memory: parseQuantity('1Mi'),
  cpu: parseQuantity('1m'),
};

/** Init containers run one at a time and before the others, but sidecars stay: those count with the main containers. */
function runsTogether({ kind }: BudgetMember): boolean {
  return kind === 'main' || kind === 'sidecar';
}

function share(total: Quantity, members: readonly BudgetMember[], step: Quantity): Quantity {
  let taken = 0n;
  let parts = 0n;
  for (const { slots, isManaged } of members.filter(runsTogether)) {
    if (isManaged && isRequestOurs(slots)) parts += 1n;
    else taken += slots.request.value ?? slots.limit.value ?? 0n;
  }
  return total <= taken ? 0n : roundDown((total - taken) / (parts === 0n ? 1n : parts), step);
}

/** @param members all containers of the Pod; only asked for where the Pod has resources of its own */
export function podBudget(
  { spec }: Pod,
  resource: ResourceName,
  members: () => readonly BudgetMember[],
): Budget {
  const written = spec.resources;
  if (written === undefined || written === null) return UNLIMITED;
  const limit = tryParseQuantity(written.limits?.[resource] ?? '');
  const total = tryParseQuantity(written.requests?.[resource] ?? '') ?? limit;
  return { limit, request: total === null ? null : share(total, members(), STEPS[resource]) };
}
