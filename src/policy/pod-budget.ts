import type { Pod } from '../pod/pod.ts';
import type { ContainerKind } from '../pod/visit-containers.ts';
import type { ResourceName } from './limit-ranger-annotation.ts';
import { largest, parseQuantity, roundDown, smallest, tryParseQuantity, type Quantity } from './quantity.ts';
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

function isOurs({ slots, isManaged }: BudgetMember): boolean {
  return isManaged && isRequestOurs(slots);
}

function requestOf({ slots }: BudgetMember): Quantity {
  return slots.request.value ?? slots.limit.value ?? 0n;
}

function sum(members: readonly BudgetMember[]): Quantity {
  return members.reduce((total, member) => total + requestOf(member), 0n);
}

interface Constraint {
  /** What the others take. */
  readonly taken: Quantity;
  /** How many parts the rest is for. */
  readonly parts: number;
}

/**
 * Sidecars and main containers run at the same time; before that, init containers run one after the other beside the
 * sidecars. Either must fit into the Pod's request (component-helpers resource.AggregateContainerRequests).
 */
function constraints(members: readonly BudgetMember[]): readonly Constraint[] {
  const of = (kind: ContainerKind, isWanted: boolean): readonly BudgetMember[] =>
    members.filter((member) => member.kind === kind && isOurs(member) === isWanted);
  const sidecars = sum(of('sidecar', false));
  const ownSidecars = of('sidecar', true).length;
  const largestInit = largest(0n, ...of('init', false).map(requestOf));
  return [
    { taken: sidecars + sum(of('main', false)), parts: ownSidecars + of('main', true).length },
    { taken: sidecars + largestInit, parts: ownSidecars },
    { taken: sidecars, parts: of('init', true).length === 0 ? 0 : ownSidecars + 1 },
  ];
}

/** An equal part for each of ours. It does not shrink when some of them have got theirs. */
function share(total: Quantity, members: readonly BudgetMember[], step: Quantity): Quantity {
  const parts = constraints(members).filter((constraint) => constraint.parts > 0);
  const shares = parts.map((constraint) => (total - constraint.taken) / BigInt(constraint.parts));
  return roundDown(largest(0n, smallest(total, ...shares)), step);
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
