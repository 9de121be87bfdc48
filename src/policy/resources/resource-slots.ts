import type { VisitedContainer } from '../../pod/visit-containers.ts';
import type { DefaultedValues } from './limit-ranger-annotation.ts';
import type { NamespaceLimits } from './namespace-limits.ts';
import { tryParseQuantity, type Quantity } from './quantity.ts';
import type { ResourceName, Side } from './resource-name.ts';

/**
 * One value of a container. `absent` is ours to fill, `default` comes from a LimitRange and may be tightened, `user` is never
 * touched: also where the API server copied a limit into a request.
 */
export interface Slot {
  readonly origin: 'absent' | 'default' | 'user';
  /** Null where absent, and where it is no quantity: the API server refuses that itself. */
  readonly value: Quantity | null;
  /** A default is not, as long as the LimitRanger plugin has not met the Pod: in a template, or in a file. */
  readonly isWritten: boolean;
}

export interface Slots {
  readonly request: Slot;
  readonly limit: Slot;
}

const ABSENT: Slot = { origin: 'absent', value: null, isWritten: false };

/** Where the values of a Pod come from, apart from the user. */
export interface Defaulting {
  /** As the LimitRanger plugin left it in writing. */
  readonly done: DefaultedValues;
  readonly limits: NamespaceLimits;
}

interface Place {
  readonly side: Side;
  readonly resource: ResourceName;
}

function readSlot({ kind, container }: VisitedContainer, place: Place, done: DefaultedValues): Slot {
  const written = container.resources?.[place.side]?.[place.resource];
  if (written === undefined) return ABSENT;
  const origin = done.has({ kind, name: container.name }, place) ? 'default' : 'user';
  return { origin, value: tryParseQuantity(written), isWritten: true };
}

function filled(slot: Slot, value: Quantity | null): Slot {
  return slot.origin !== 'absent' || value === null ? slot : { origin: 'default', value, isWritten: false };
}

export function readSlots(
  visited: VisitedContainer,
  resource: ResourceName,
  { done, limits }: Defaulting,
): Slots {
  const request = readSlot(visited, { side: 'requests', resource }, done);
  const limit = readSlot(visited, { side: 'limits', resource }, done);
  if (limits.isEmpty || visited.kind === 'ephemeral') return { request, limit };
  const defaults = limits.defaults[resource];
  // A limit that stands alone is the request, too, before a LimitRange has its say.
  const isCopied = limit.origin === 'user';
  return {
    request: isCopied ? request : filled(request, defaults.request),
    limit: filled(limit, defaults.limit),
  };
}

/** Where a limit stands alone, the API server copies it into the request: that is the user's then. */
export function isRequestOurs({ request, limit }: Slots): boolean {
  return request.origin === 'default' || (request.origin === 'absent' && limit.origin !== 'user');
}

/** What the API server takes for one side: a limit that stands alone is the request, too. */
export function valueOf({ request, limit }: Slots, side: Side): Quantity | null {
  return side === 'requests' ? (request.value ?? limit.value) : limit.value;
}

export function isReadable({ request, limit }: Slots): boolean {
  return [request, limit].every(({ origin, value }) => origin === 'absent' || value !== null);
}
