import type { ContainerKind, VisitedContainer } from '../../pod/visit-containers.ts';
import { RESOURCE_NAMES, type ResourceName, type Side, type NamespaceLimits } from './bounds.ts';
import { tryParseQuantity, type Quantity } from './quantity.ts';

/** Which values of a Pod the LimitRanger plugin wrote. */
export interface DefaultedValues {
  readonly has: (
    container: { readonly kind: ContainerKind; readonly name: string },
    value: DefaultedValue,
  ) => boolean;
}

interface DefaultedValue {
  readonly side: Side;
  readonly resource: ResourceName;
}

const PREFIX = 'LimitRanger plugin set: ';
/** Containers are called as DNS labels are; a longer name is the name of none. */
const CLAUSE = /^(.+) (request|limit) for (init )?container ([a-z0-9-]+)$/;

const DEFAULTS = {
  /**
   * Characters. What the API server takes of all annotations together; a mutating webhook is asked before it looks, and anybody
   * may write this one.
   */
  longestAnnotation: 256 * 1024,
} as const;

export const NOTHING_DEFAULTED: DefaultedValues = { has: () => false };

function keyOf(round: 'init' | 'main', name: string, value: DefaultedValue): string {
  return `${round} ${value.side} ${value.resource} ${name}`;
}

function keysOf(clause: string): readonly string[] {
  const match = CLAUSE.exec(clause.trim());
  if (match === null) return [];
  const [, resources = '', word, init, name = ''] = match;
  const side = word === 'request' ? 'requests' : 'limits';
  const named = resources.split(', ');
  return RESOURCE_NAMES.filter((resource) => named.includes(resource)).map((resource) =>
    keyOf(init === undefined ? 'main' : 'init', name, { side, resource }),
  );
}

/**
 * Reads `kubernetes.io/limit-ranger`, the only trace that defaults leave. It names containers one by one, native sidecars
 * as init containers, and only what the plugin wrote: a request that the API server copied from a limit is not in it
 * (kubernetes plugin/pkg/admission/limitranger/admission.go; tried on 1.36.3).
 */
export function parseLimitRanger(annotation: string | undefined): DefaultedValues {
  if (annotation === undefined || !annotation.startsWith(PREFIX)) return NOTHING_DEFAULTED;
  if (annotation.length > DEFAULTS.longestAnnotation) return NOTHING_DEFAULTED;
  const keys = new Set(annotation.slice(PREFIX.length).split(';').flatMap(keysOf));
  return {
    has: ({ kind, name }, value) =>
      keys.has(keyOf(kind === 'init' || kind === 'sidecar' ? 'init' : 'main', name, value)),
  };
}

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
