import { oncePer } from '../../lib/once-per.ts';
import type { LimitRange, LimitRangeItem } from '../../pod/cluster-objects.ts';
import { formatQuantity, parseQuantity, tryParseQuantity, type Quantity } from './quantity.ts';

/** The resources that wasmgate sets, in this order. */
export const RESOURCE_NAMES = ['cpu', 'memory'] as const;
export type ResourceName = (typeof RESOURCE_NAMES)[number];

/** The two maps in a container's `resources`. */
export type Side = 'requests' | 'limits';

type ByResource<Value> = Readonly<Record<ResourceName, Value>>;

/** Steps to which computed values are rounded, so that people read round numbers. */
export const ROUNDING: ByResource<Quantity> = { cpu: parseQuantity('1m'), memory: parseQuantity('1Mi') };

/** What sets a bound: the Pod's own `spec.resources`, or a field of a LimitRange with the value written there. */
export type BoundSource =
  | { readonly kind: 'pod' }
  | {
      readonly kind: 'limit-range';
      readonly name: string;
      readonly type: 'Container' | 'Pod';
      readonly field: 'min' | 'max' | 'maxLimitRequestRatio';
      readonly written: Quantity;
    };

/** A bound of one container. Its value may be a share of what the source allows the whole Pod. */
export interface Bound {
  readonly value: Quantity;
  readonly source: BoundSource;
}

export interface SideBounds {
  readonly min: Bound | null;
  readonly max: Bound | null;
}

/** The bounds of one resource of one container. */
export interface Bounds {
  readonly request: SideBounds;
  readonly limit: SideBounds;
  /** The largest limit as a multiple of the request. */
  readonly ratio: Bound | null;
}

export function lower(one: Bound | null, other: Bound | null): Bound | null {
  if (one === null || other === null) return one ?? other;
  return other.value < one.value ? other : one;
}

export function higher(one: Bound | null, other: Bound | null): Bound | null {
  if (one === null || other === null) return one ?? other;
  return other.value > one.value ? other : one;
}

/** Describes a bound: `LimitRange "small" allows a container no more than 64Mi`. */
export function describeSource(source: BoundSource, resource: ResourceName): string {
  if (source.kind === 'pod') return "the Pod's own spec.resources leave less";
  const { name, type, field, written } = source;
  const subject = type === 'Pod' ? 'a Pod' : 'a container';
  const range = `LimitRange "${name}"`;
  switch (field) {
    case 'min':
      return `${range} requires ${formatQuantity(written, resource)} or more for ${subject}`;
    case 'max':
      return `${range} allows ${subject} no more than ${formatQuantity(written, resource)}`;
    case 'maxLimitRequestRatio':
      return `${range} allows ${subject} no limit above ${formatQuantity(written, 'cpu')} times its request`;
  }
}

/** Bounds that LimitRanges set for a Pod as a whole. */
export interface PodBounds extends SideBounds {
  readonly ratio: Bound | null;
}

interface DefaultValues {
  readonly request: Quantity | null;
  readonly limit: Quantity | null;
}

/** All LimitRanges of a namespace combined: the tightest of each bound, because the API server enforces every one. */
export interface NamespaceLimits {
  readonly isEmpty: boolean;
  readonly container: ByResource<Bounds>;
  /** Null if no LimitRange has an item of type Pod. */
  readonly pod: ByResource<PodBounds> | null;
  /** The values that the LimitRanger plugin gives a container without any. */
  readonly defaults: ByResource<DefaultValues>;
}

type Field = 'min' | 'max' | 'maxLimitRequestRatio';

function quantityOf(
  item: LimitRangeItem,
  field: Field | 'default' | 'defaultRequest',
  resource: ResourceName,
) {
  return tryParseQuantity(item[field]?.[resource] ?? '');
}

function tightestBounds(
  limitRanges: readonly LimitRange[],
  type: LimitRangeItem['type'],
  resource: ResourceName,
): PodBounds {
  const tightest = (field: Field): Bound | null => {
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
  };
  return { min: tightest('min'), max: tightest('max'), ratio: tightest('maxLimitRequestRatio') };
}

function containerBounds(limitRanges: readonly LimitRange[], resource: ResourceName): Bounds {
  const { ratio, ...side } = tightestBounds(limitRanges, 'Container', resource);
  return { request: side, limit: side, ratio };
}

/** The API server fills each field from the next one (core/v1 defaults.go); a LimitRange read from a file lacks that. */
const DEFAULT_FIELDS = {
  limit: ['default', 'max'],
  request: ['defaultRequest', 'default', 'max', 'min'],
} as const;

/** Returns the default of the first LimitRange that has one; Kubernetes does not document an order. */
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

function combine(limitRanges: readonly LimitRange[]): NamespaceLimits {
  const boundsPods = limitRanges.some(({ limits }) => limits.some(({ type }) => type === 'Pod'));
  return {
    isEmpty: limitRanges.length === 0,
    container: byResource((resource) => containerBounds(limitRanges, resource)),
    pod: boundsPods ? byResource((resource) => tightestBounds(limitRanges, 'Pod', resource)) : null,
    defaults: byResource((resource) => ({
      request: firstDefault(limitRanges, 'request', resource),
      limit: firstDefault(limitRanges, 'limit', resource),
    })),
  };
}

const NO_LIMITS = combine([]);

/** Cached for each list, which a view of the cluster keeps until something changes. */
const combined = oncePer(combine);

export function namespaceLimits(limitRanges: readonly LimitRange[]): NamespaceLimits {
  return limitRanges.length === 0 ? NO_LIMITS : combined(limitRanges);
}
