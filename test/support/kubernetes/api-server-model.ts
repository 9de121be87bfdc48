import type { LimitRange, LimitRangeItem } from '../../../src/pod/cluster-objects.ts';
import type { Container, Pod, Quantities, ResourceRequirements } from '../../../src/pod/pod.ts';
import { parseQuantity, type Quantity } from '../../../src/policy/resources/quantity.ts';

/**
 * A model of how the API server defaults and validates a Pod's resources, independent of the code under test: 1.36's
 * pkg/apis/core/v1/defaults.go, pkg/apis/core/validation and plugin/pkg/admission/limitranger. test/e2e compares it to a real one.
 */

type Name = 'cpu' | 'memory';
type Side = 'requests' | 'limits';
const NAMES: readonly Name[] = ['cpu', 'memory'];

type Mutable = Record<Side, Record<string, string | number>>;

function copyOf(resources: ResourceRequirements | null | undefined): Mutable {
  return { requests: { ...resources?.requests }, limits: { ...resources?.limits } };
}

function everyContainer(pod: Pod, change: (container: Container, isInit: boolean) => Container): Pod {
  const { initContainers, containers } = pod.spec;
  return {
    ...pod,
    spec: {
      ...pod.spec,
      ...(initContainers ? { initContainers: initContainers.map((one) => change(one, true)) } : {}),
      containers: containers.map((one) => change(one, false)),
    },
  };
}

/** Copies a limit without a request into the request. A Pod's own requests come from its containers or its limits. */
function copyLimits(pod: Pod): Pod {
  const copied = everyContainer(pod, (container) => {
    const { requests, limits } = copyOf(container.resources);
    return { ...container, resources: { requests: { ...limits, ...requests }, limits } };
  });
  const own = copied.spec.resources;
  if (!own?.limits || Object.keys(own.limits).length === 0) return copied;
  const requests: Record<string, string | number> = { ...own.limits };
  for (const name of NAMES) {
    const sum = total(copied, name, 'requests');
    if (sum !== null) requests[name] = `${sum}n`;
  }
  return {
    ...copied,
    spec: { ...copied.spec, resources: { ...own, requests: { ...requests, ...own.requests } } },
  };
}

/** Fills in the defaults that follow from a LimitRange's bounds, as the API server stores it. */
export function stored(item: LimitRangeItem): LimitRangeItem {
  if (item.type !== 'Container') return item;
  const limits: Quantities = { ...item.max, ...item.default };
  return { ...item, default: limits, defaultRequest: { ...item.min, ...limits, ...item.defaultRequest } };
}

function mergeDefaults(pod: Pod, { limits: items }: LimitRange): Pod {
  const ofContainers = items.filter(({ type }) => type === 'Container');
  const defaults: Mutable = { requests: {}, limits: {} };
  for (const { default: limits, defaultRequest } of ofContainers) {
    Object.assign(defaults.requests, defaultRequest);
    Object.assign(defaults.limits, limits);
  }
  const clauses: string[] = [];
  const merged = everyContainer(pod, (container, isInit) => {
    const resources = copyOf(container.resources);
    for (const side of ['requests', 'limits'] as const) {
      const missing = Object.keys(defaults[side]).filter((name) => resources[side][name] === undefined);
      if (missing.length > 0) {
        const word = side === 'requests' ? 'request' : 'limit';
        clauses.push(
          `${missing.toSorted().join(', ')} ${word} for ${isInit ? 'init ' : ''}container ${container.name}`,
        );
      }
      resources[side] = { ...defaults[side], ...resources[side] };
    }
    return { ...container, resources };
  });
  if (clauses.length === 0) return merged;
  const annotation = { 'kubernetes.io/limit-ranger': `LimitRanger plugin set: ${clauses.join('; ')}` };
  return {
    ...merged,
    metadata: { ...merged.metadata, annotations: { ...merged.metadata?.annotations, ...annotation } },
  };
}

/** Returns the Pod as webhooks see it. */
export function admitted(pod: Pod, limitRanges: readonly LimitRange[]): Pod {
  return copyLimits(limitRanges.reduce(mergeDefaults, copyLimits(pod)));
}

function read(resources: ResourceRequirements | null | undefined, side: Side, name: Name): Quantity | null {
  const written = resources?.[side]?.[name];
  return written === undefined ? null : parseQuantity(written);
}

function add(one: Quantity | null, other: Quantity | null): Quantity | null {
  return one === null || other === null ? (one ?? other) : one + other;
}

function max(...all: readonly (Quantity | null)[]): Quantity | null {
  return all.reduce((most, one) => (most === null || (one !== null && one > most) ? one : most), null);
}

function total({ spec }: Pod, name: Name, side: Side): Quantity | null {
  let sidecars: Quantity | null = null;
  let before: Quantity | null = null;
  for (const { restartPolicy, resources } of spec.initContainers ?? []) {
    const value = read(resources, side, name);
    const together = add(sidecars, value);
    if (restartPolicy === 'Always') sidecars = together;
    before = max(before, together);
  }
  const main = spec.containers.reduce<Quantity | null>(
    (sum, { resources }) => add(sum, read(resources, side, name)),
    null,
  );
  return max(add(main, sidecars), before);
}

interface Amounts {
  readonly request: Quantity | null;
  readonly limit: Quantity | null;
}

function itemProblems(item: LimitRangeItem, name: Name, { request, limit }: Amounts): readonly string[] {
  const bound = (field: 'min' | 'max' | 'maxLimitRequestRatio'): Quantity | null => {
    const written = item[field]?.[name];
    return written === undefined ? null : parseQuantity(written);
  };
  const [least, most, ratio] = [bound('min'), bound('max'), bound('maxLimitRequestRatio')];
  return [
    least !== null && (request === null || request < least || (limit !== null && limit < least)) ? 'min' : '',
    most !== null && (limit === null || limit > most || (request !== null && request > most)) ? 'max' : '',
    ratio !== null && (!request || !limit || limit * 10n ** 9n > ratio * request) ? 'ratio' : '',
  ].filter(Boolean);
}

function podLevelProblems(pod: Pod, name: Name): readonly string[] {
  const own = pod.spec.resources;
  const [request, limit] = [read(own, 'requests', name), read(own, 'limits', name)];
  const sum = total(pod, name, 'requests');
  const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const isAbove = (value: Quantity | null): boolean => value !== null && limit !== null && value > limit;
  return [
    request !== null && sum !== null && sum > request ? 'requests above those of the Pod' : '',
    all.some(({ resources }) => isAbove(read(resources, 'limits', name))) ? "limit above the Pod's" : '',
    isAbove(request) ? "the Pod's request above its limit" : '',
  ].filter(Boolean);
}

function resourceProblems(pod: Pod, limitRanges: readonly LimitRange[], name: Name): readonly string[] {
  const items = limitRanges.flatMap(({ limits }) => limits);
  const each = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].flatMap(
    ({ name: container, resources }) => {
      const amounts = { request: read(resources, 'requests', name), limit: read(resources, 'limits', name) };
      const isAbove = (amounts.request ?? 0n) > (amounts.limit ?? amounts.request ?? 0n);
      const broken = items
        .filter(({ type }) => type === 'Container')
        .flatMap((item) => itemProblems(item, name, amounts));
      return [...(isAbove ? ['request above limit'] : []), ...broken].map(
        (problem) => `${container}: ${problem}`,
      );
    },
  );
  const own = pod.spec.resources;
  const whole = {
    request: read(own, 'requests', name) ?? total(pod, name, 'requests'),
    limit: read(own, 'limits', name) ?? total(pod, name, 'limits'),
  };
  const ofPod = items.filter(({ type }) => type === 'Pod').flatMap((item) => itemProblems(item, name, whole));
  return [...each, ...podLevelProblems(pod, name), ...ofPod.map((problem) => `Pod: ${problem}`)];
}

/** Returns why the API server would reject the Pod, such as `memory: c0: max`; empty if it accepts it. */
export function problems(pod: Pod, limitRanges: readonly LimitRange[]): readonly string[] {
  const final = copyLimits(pod);
  return NAMES.flatMap((name) =>
    resourceProblems(final, limitRanges, name).map((problem) => `${name}: ${problem}`),
  );
}
