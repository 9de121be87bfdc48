import type { LimitRange, LimitRangeItem } from '../../pod/cluster-objects.ts';
import { tryParseQuantity, type Quantity } from './quantity.ts';
import type { Bound, Bounds } from './resource-bounds.ts';
import type { ResourceName } from './resource-name.ts';

/** What holds for every Pod as a whole, the sum of its containers. */
export interface PodBounds {
  readonly min: Bound | null;
  readonly max: Bound | null;
  readonly ratio: Bound | null;
}

interface Defaults {
  readonly request: Quantity | null;
  readonly limit: Quantity | null;
}

type ByResource<Value> = Readonly<Record<ResourceName, Value>>;

/** All LimitRanges of a namespace at once: the tightest of each bound, since every one of them must be kept. */
export interface NamespaceLimits {
  readonly isEmpty: boolean;
  readonly container: ByResource<Bounds>;
  /** Null where none speaks of Pods. */
  readonly pod: ByResource<PodBounds> | null;
  /** What the LimitRanger plugin gives a container that sets nothing. */
  readonly defaults: ByResource<Defaults>;
}

type Field = 'min' | 'max' | 'maxLimitRequestRatio';

interface Place {
  readonly type: LimitRangeItem['type'];
  readonly field: Field;
  readonly resource: ResourceName;
}

function quantityOf(
  item: LimitRangeItem,
  field: Field | 'default' | 'defaultRequest',
  resource: ResourceName,
) {
  return tryParseQuantity(item[field]?.[resource] ?? '');
}

function tightest(limitRanges: readonly LimitRange[], { type, field, resource }: Place): Bound | null {
  let found: Bound | null = null;
  for (const { name, limits } of limitRanges) {
    for (const item of limits) {
      const value = item.type === type ? quantityOf(item, field, resource) : null;
      if (value === null) continue;
      const isTighter = found === null || (field === 'min' ? value > found.value : value < found.value);
      if (isTighter) found = { value, source: { kind: 'limit-range', name, type, field, written: value } };
    }
  }
  return found;
}

function podBounds(
  limitRanges: readonly LimitRange[],
  type: Place['type'],
  resource: ResourceName,
): PodBounds {
  const of = (field: Field): Bound | null => tightest(limitRanges, { type, field, resource });
  return { min: of('min'), max: of('max'), ratio: of('maxLimitRequestRatio') };
}

function containerBounds(limitRanges: readonly LimitRange[], resource: ResourceName): Bounds {
  const { min, max, ratio } = podBounds(limitRanges, 'Container', resource);
  const side = { least: min, most: max };
  return { request: side, limit: side, ratio };
}

/** Where these stand to be found; the API server has filled in each from the next, a file has not (defaults.go). */
const DEFAULT_FIELDS = {
  limit: ['default', 'max'],
  request: ['defaultRequest', 'default', 'max', 'min'],
} as const;

/** Of several LimitRanges the first that says anything; which one the API server takes first is not said. */
function firstDefault(
  limitRanges: readonly LimitRange[],
  side: keyof typeof DEFAULT_FIELDS,
  resource: ResourceName,
): Quantity | null {
  const items = limitRanges.flatMap(({ limits }) => limits).filter(({ type }) => type === 'Container');
  for (const item of items) {
    for (const field of DEFAULT_FIELDS[side]) {
      const value = quantityOf(item, field, resource);
      if (value !== null) return value;
    }
  }
  return null;
}

function byResource<Value>(make: (resource: ResourceName) => Value): ByResource<Value> {
  return { cpu: make('cpu'), memory: make('memory') };
}

function compile(limitRanges: readonly LimitRange[]): NamespaceLimits {
  const speaksOfPods = limitRanges.some(({ limits }) => limits.some(({ type }) => type === 'Pod'));
  return {
    isEmpty: limitRanges.length === 0,
    container: byResource((resource) => containerBounds(limitRanges, resource)),
    pod: speaksOfPods ? byResource((resource) => podBounds(limitRanges, 'Pod', resource)) : null,
    defaults: byResource((resource) => ({
      request: firstDefault(limitRanges, 'request', resource),
      limit: firstDefault(limitRanges, 'limit', resource),
    })),
  };
}

const NONE = compile([]);

/** Reckoned once for each state of the cluster: its view holds the same list until something changes. */
const memo = new WeakMap<readonly LimitRange[], NamespaceLimits>();

export function namespaceLimits(limitRanges: readonly LimitRange[]): NamespaceLimits {
  if (limitRanges.length === 0) return NONE;
  const known = memo.get(limitRanges);
  if (known !== undefined) return known;
  const limits = compile(limitRanges);
  memo.set(limitRanges, limits);
  return limits;
}
