import { formatQuantity, parseQuantity, type Quantity } from './quantity.ts';
import type { ResourceName } from './resource-name.ts';

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
