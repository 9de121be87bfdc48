/** What wasmgate sets of `resources`, in this order. */
export const RESOURCE_NAMES = ['cpu', 'memory'] as const;
export type ResourceName = (typeof RESOURCE_NAMES)[number];

/** The two fields of `resources`. */
export type Side = 'requests' | 'limits';

import type { LimitRange, LimitRangeItem } from '../../pod/cluster-objects.ts';
import { formatQuantity, parseQuantity, type Quantity, tryParseQuantity } from './quantity.ts';

/** Who sets a bound: the Pod's own resources, or a field of a LimitRange with what stands there. */
export type BoundSource =
  | { readonly kind: 'pod' }
  | {
      readonly kind: 'limit-range';
      readonly name: string;
      readonly type: 'Container' | 'Pod';
      readonly field: 'min' | 'max' | 'maxLimitRequestRatio';
      readonly written: Quantity;
    };

/** A bound of one container, with what to tell of it: a part of what a Pod may have is less than what stands written. */
export interface Bound {
  readonly value: Quantity;
  readonly source: BoundSource;
}

export interface SideBounds {
  readonly least: Bound | null;
  readonly most: Bound | null;
}

/** Between what one resource of one container must stay. */
export interface Bounds {
  readonly request: SideBounds;
  readonly limit: SideBounds;
  /** How many times the request the limit may be. */
  readonly ratio: Bound | null;
}

/** Values that are reckoned are rounded to what people recognise. */
export const STEPS: Readonly<Record<ResourceName, Quantity>> = {
  memory: parseQuantity('1Mi'),
  cpu: parseQuantity('1m'),
};

export function lower(one: Bound | null, other: Bound | null): Bound | null {
  if (one === null || other === null) return one ?? other;
  return other.value < one.value ? other : one;
}

export function higher(one: Bound | null, other: Bound | null): Bound | null {
  if (one === null || other === null) return one ?? other;
  return other.value > one.value ? other : one;
}

/** `LimitRange "small" allows a container no more than 64Mi` */
export function describeSource(source: BoundSource, resource: ResourceName): string {
  if (source.kind === 'pod') return "the Pod's own spec.resources leave less";
  const { name, type, field, written } = source;
  const subject = type === 'Pod' ? 'a Pod' : 'a container';
  const range = `LimitRange "${name}"`;
  switch (field) {
    case 'min':
      return `${range} demands ${formatQuantity(written, resource)} or more of ${subject}`;
    case 'max':
      return `${range} allows ${subject} no more than ${formatQuantity(written, resource)}`;
    case 'maxLimitRequestRatio':
      return `${range} allows ${subject} no limit above ${formatQuantity(written, 'cpu')} times its request`;
  }
}

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
