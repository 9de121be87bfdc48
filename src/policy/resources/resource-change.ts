import type { Change } from '../decision.ts';
import type { Fit } from './fit-resource.ts';
import { formatQuantity, type Quantity } from './quantity.ts';
import type { ResourceName } from './resource-name.ts';
import type { Slot, Slots } from './resource-slots.ts';
import type { WantedResource } from './wanted-resources.ts';

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
