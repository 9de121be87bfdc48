import type { LimitRange } from '../../pod/cluster-objects.ts';
import { LIMIT_RANGER_ANNOTATION } from '../../pod/names.ts';
import type { Pod } from '../../pod/pod.ts';
import type { AssessedContainer } from '../facts.ts';
import { NOTHING_DEFAULTED, parseLimitRanger } from './limit-ranger-annotation.ts';
import { namespaceLimits, type NamespaceLimits } from './namespace-limits.ts';
import { planResource, type Whole } from './plan-resource.ts';
import type { PodLevel } from './pod-totals.ts';
import { tryParseQuantity } from './quantity.ts';
import { lower, type Bound } from './resource-bounds.ts';
import type { FittedResource } from './resource-change.ts';
import type { ResourceName } from './resource-name.ts';
import { readSlots, type Defaulting, type Slots } from './resource-slots.ts';
import type { WantedResource } from './wanted-resources.ts';

export interface FrameQuestion {
  readonly pod: Pod;
  /** All of the Pod's. */
  readonly containers: readonly AssessedContainer[];
  /** Of the Pod's namespace. */
  readonly limitRanges: readonly LimitRange[];
}

/** What all containers of a Pod have in common. */
export interface ResourceFrame {
  readonly pod: Pod;
  readonly limits: NamespaceLimits;
  readonly defaulting: Defaulting;
  /** Those that have a say in each other's resources: all, where Pod or LimitRanges bound their sum, else ours alone. */
  readonly watched: readonly AssessedContainer[];
}

/** What a LimitRange defaulted that we know nothing of is left alone: it may demand a minimum, too. */
function defaultingOf({ metadata }: Pod, limits: NamespaceLimits): Defaulting {
  if (limits.isEmpty) return { done: NOTHING_DEFAULTED, limits };
  return { done: parseLimitRanger(metadata?.annotations?.[LIMIT_RANGER_ANNOTATION]), limits };
}

/** @param ours the containers whose resources are wanted */
export function resourceFrame(
  { pod, containers, limitRanges }: FrameQuestion,
  ours: readonly AssessedContainer[],
): ResourceFrame {
  const limits = namespaceLimits(limitRanges);
  const isBounded = limits.pod !== null || (pod.spec.resources ?? null) !== null;
  return { pod, limits, defaulting: defaultingOf(pod, limits), watched: isBounded ? containers : ours };
}

const NO_POD_LEVEL: PodLevel = { request: null, limit: null };

/** Where the Pod has a limit alone, the API server takes it for the request, too. */
function podLevelOf({ spec }: Pod, resource: ResourceName): PodLevel {
  if (!spec.resources) return NO_POD_LEVEL;
  const { requests, limits } = spec.resources;
  const limit = tryParseQuantity(limits?.[resource] ?? '');
  return { limit, request: tryParseQuantity(requests?.[resource] ?? '') ?? limit };
}

/** The most that a container's limit may be, whatever is wanted. */
export function mostOf({ pod, limitRanges }: FrameQuestion, resource: ResourceName): Bound | null {
  const { most } = namespaceLimits(limitRanges).container[resource].limit;
  const { limit } = podLevelOf(pod, resource);
  return limit === null ? most : lower(most, { value: limit, source: { kind: 'pod' } });
}

/** Of those that are watched. */
export type PlannedResource = ReadonlyMap<AssessedContainer, FittedResource>;

/** @param want null for a container of which nothing is to be set */
export function planOf(
  { pod, limits, defaulting, watched }: ResourceFrame,
  resource: ResourceName,
  want: (container: AssessedContainer, slots: Slots) => WantedResource | null,
): PlannedResource {
  const whole: Whole = {
    resource,
    container: limits.container[resource],
    podLevel: podLevelOf(pod, resource),
    pod: limits.pod?.[resource] ?? null,
  };
  const asked = watched.map((container) => {
    const slots = readSlots(container, resource, defaulting);
    return { container, kind: container.kind, slots, wanted: want(container, slots) };
  });
  const fits = planResource(asked, whole);
  return new Map(
    asked.map(({ container, slots, wanted }, index): [AssessedContainer, FittedResource] => {
      const fit = wanted === null ? null : (fits[index] ?? null);
      return [container, { resource, slots, wanted, fit }];
    }),
  );
}
