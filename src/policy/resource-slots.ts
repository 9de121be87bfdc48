import type { VisitedContainer } from '../pod/visit-containers.ts';
import type { DefaultedValues, ResourceName, Side } from './limit-ranger-annotation.ts';
import { tryParseQuantity, type Quantity } from './quantity.ts';

/**
 * One value of a container. `absent` is ours to fill, `default` was written by the LimitRanger plugin and may be tightened,
 * `user` is never touched: also where the API server copied a limit into a request.
 */
export interface Slot {
  readonly origin: 'absent' | 'default' | 'user';
  /** Null where absent, and where it is no quantity: the API server refuses that itself. */
  readonly value: Quantity | null;
}

export interface Slots {
  readonly request: Slot;
  readonly limit: Slot;
}

const ABSENT: Slot = { origin: 'absent', value: null };

interface Place {
  readonly side: Side;
  readonly resource: ResourceName;
}

function readSlot({ kind, container }: VisitedContainer, place: Place, defaulted: DefaultedValues): Slot {
  const written = container.resources?.[place.side]?.[place.resource];
  if (written === undefined) return ABSENT;
  const origin = defaulted.has({ kind, name: container.name }, place) ? 'default' : 'user';
  return { origin, value: tryParseQuantity(written) };
}

export function readSlots(
  visited: VisitedContainer,
  resource: ResourceName,
  defaulted: DefaultedValues,
): Slots {
  return {
    request: readSlot(visited, { side: 'requests', resource }, defaulted),
    limit: readSlot(visited, { side: 'limits', resource }, defaulted),
  };
}

/** Where a limit stands alone, the API server copies it into the request: that is the user's then. */
export function isRequestOurs({ request, limit }: Slots): boolean {
  return request.origin === 'default' || (request.origin === 'absent' && limit.origin !== 'user');
}

export function isReadable({ request, limit }: Slots): boolean {
  return [request, limit].every(({ origin, value }) => origin === 'absent' || value !== null);
}
