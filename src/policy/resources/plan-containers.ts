import type { LimitRange } from '../../pod/cluster-objects.ts';
import { LIMIT_RANGER_ANNOTATION } from '../../pod/names.ts';
import type { Pod } from '../../pod/pod.ts';
import type { AssessedContainer } from '../facts.ts';
import {
  type PodBounds,
  type Bound,
  type Bounds,
  type ResourceName,
  namespaceLimits,
  type NamespaceLimits,
} from './bounds.ts';
import {
  type CurrentValue,
  type CurrentValues,
  NOTHING_DEFAULTED,
  parseLimitRanger,
  readCurrentValues,
  type Defaulting,
} from './current-values.ts';
import type { DesiredValues } from './desired-values.ts';
import { fitResource, UNCHANGED, type FittedValues, type ContainerPlan } from './fit-resource.ts';
import {
  withinPodLevel,
  withinPodBounds,
  type ContainerValues,
  violatedBound,
  type PodLevel,
  podLevelOf,
} from './pod-bounds.ts';
import type { Quantity } from './quantity.ts';

/** All bounds of one resource, for each container and for their sum. */
interface AllBounds {
  readonly resource: ResourceName;
  readonly container: Bounds;
  readonly podLevel: PodLevel;
  readonly pod: PodBounds | null;
}

/**
 * Ways to fit the containers, best first: each by itself; each with an equal part of what the Pod may have; the same without
 * lowering defaults, for a Pod that must reach a minimum.
 */
const STRATEGIES = ['each', 'equal-parts', 'equal-parts-of-absent'] as const;
type Strategy = (typeof STRATEGIES)[number];

function isPodBounded({ podLevel, pod }: AllBounds): boolean {
  return pod !== null || podLevel.request !== null || podLevel.limit !== null;
}

/** Each round uses what the one before left; two suffice for nearly every Pod. */
const MAX_ROUNDS = 6;

function applied(current: CurrentValue, value: Quantity | null): CurrentValue {
  if (value === null) return current;
  // No annotation marks a default that was never written, so once in the Pod, it counts as the user's.
  const isDefault = current.origin === 'default' && current.isWritten;
  return { origin: isDefault ? 'default' : 'user', value, isWritten: true };
}

function frozen(current: CurrentValue): CurrentValue {
  return current.origin === 'default' ? { ...current, origin: 'user' } : current;
}

function fitted({ current, desired }: ContainerValues, bounds: Bounds, strategy: Strategy): FittedValues {
  if (desired === null) return UNCHANGED;
  const open =
    strategy === 'equal-parts-of-absent'
      ? { request: frozen(current.request), limit: frozen(current.limit) }
      : current;
  return fitResource(open, desired, bounds);
}

interface Round {
  readonly containers: readonly ContainerValues[];
  readonly obstacles: readonly (Bound | null)[];
}

function tryStrategy(containers: readonly ContainerValues[], all: AllBounds, strategy: Strategy): Round {
  const context = { containers, resource: all.resource };
  const each = withinPodLevel(all.container, all.podLevel, context);
  const bounds = all.pod === null || strategy === 'each' ? each : withinPodBounds(each, all.pod, context);
  const fits = containers.map((container) => fitted(container, bounds, strategy));
  const next = containers.map((container, index): ContainerValues => {
    const { request, limit } = fits[index] ?? UNCHANGED;
    if (request === null && limit === null) return container;
    const current = {
      request: applied(container.current.request, request),
      limit: applied(container.current.limit, limit),
    };
    return { ...container, current };
  });
  return { containers: next, obstacles: fits.map(({ obstacle }) => obstacle) };
}

/** Returns the result of the first strategy that the API server accepts; if there is none, the Pod stays unchanged. */
function planRound(containers: readonly ContainerValues[], all: AllBounds): Round {
  let violated: Bound | null = null;
  for (const strategy of STRATEGIES) {
    const tried = tryStrategy(containers, all, strategy);
    violated = all.pod === null ? null : violatedBound(tried.containers, all.podLevel, all.pod);
    if (violated === null) return tried;
  }
  return { containers, obstacles: containers.map(() => violated) };
}

function isSame(one: readonly ContainerValues[], other: readonly ContainerValues[]): boolean {
  return one.every((container, index) => container === other[index]);
}

function changed(from: CurrentValue, to: CurrentValue): Quantity | null {
  return from.value === to.value ? null : to.value;
}

/**
 * Fits one resource of all containers. A bounded Pod is planned until the plan no longer changes, so that a second call of the
 * webhook changes nothing.
 */
function fitContainers(containers: readonly ContainerValues[], all: AllBounds): readonly FittedValues[] {
  if (!isPodBounded(all)) return containers.map((container) => fitted(container, all.container, 'each'));
  let before = containers;
  let round = planRound(before, all);
  for (let count = 1; count < MAX_ROUNDS && !isSame(round.containers, before); count += 1) {
    before = round.containers;
    round = planRound(before, all);
  }
  return containers.map(({ current }, index): FittedValues => {
    const final = round.containers[index]?.current ?? current;
    return {
      request: changed(current.request, final.request),
      limit: changed(current.limit, final.limit),
      obstacle: final.limit.origin === 'absent' ? (round.obstacles[index] ?? null) : null,
    };
  });
}

export interface PlanInput {
  readonly pod: Pod;
  /** All containers of the Pod. */
  readonly containers: readonly AssessedContainer[];
  /** All LimitRanges of the Pod's namespace. */
  readonly limitRanges: readonly LimitRange[];
}

/** The inputs that all containers of a Pod share. */
export interface PlanContext {
  readonly pod: Pod;
  readonly limits: NamespaceLimits;
  readonly defaulting: Defaulting;
  /** All containers if the Pod or LimitRanges bound their sum, else only those that wasmgate sets. */
  readonly planned: readonly AssessedContainer[];
}

/** Reports whether the Pod or LimitRanges bound the sum of all containers, so that each gets what the others leave. */
export function isSumBounded({ pod, limitRanges }: Pick<PlanInput, 'pod' | 'limitRanges'>): boolean {
  return namespaceLimits(limitRanges).pod !== null || (pod.spec.resources ?? null) !== null;
}

/** @param ours the containers that wasmgate sets */
export function planContext(input: PlanInput, ours: readonly AssessedContainer[]): PlanContext {
  const { pod, containers, limitRanges } = input;
  const limits = namespaceLimits(limitRanges);
  // Without its LimitRange, a default might be lowered below the range's minimum, so it counts as the user's.
  const defaulted = limits.isEmpty
    ? NOTHING_DEFAULTED
    : parseLimitRanger(pod.metadata?.annotations?.[LIMIT_RANGER_ANNOTATION]);
  const planned = isSumBounded(input) ? containers : ours;
  return { pod, limits, defaulting: { defaulted, limits }, planned };
}

export type ContainerPlans = ReadonlyMap<AssessedContainer, ContainerPlan>;

/** Returns the desired values; null for a container that wasmgate does not set. */
export type Desire = (container: AssessedContainer, current: CurrentValues) => DesiredValues | null;

export function planContainers(
  { pod, limits, defaulting, planned }: PlanContext,
  resource: ResourceName,
  desire: Desire,
): ContainerPlans {
  const all: AllBounds = {
    resource,
    container: limits.container[resource],
    podLevel: podLevelOf(pod, resource),
    pod: limits.pod?.[resource] ?? null,
  };
  const values = planned.map((container) => {
    const current = readCurrentValues(container, resource, defaulting);
    return { container, kind: container.kind, current, desired: desire(container, current) };
  });
  const fits = fitContainers(values, all);
  return new Map(
    values.map(({ container, current, desired }, index): [AssessedContainer, ContainerPlan] => {
      const fit = desired === null ? null : (fits[index] ?? null);
      return [container, { resource, current, desired, fitted: fit }];
    }),
  );
}
