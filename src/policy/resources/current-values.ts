import type { ContainerKind, VisitedContainer } from '../../pod/visit-containers.ts';
import { RESOURCE_NAMES, type NamespaceLimits, type ResourceName, type Side } from './bounds.ts';
import { tryParseQuantity, type Quantity } from './quantity.ts';

/** A request or limit that a container has before wasmgate changes anything. */
export interface CurrentValue {
  /**
   * `absent`: wasmgate may set it · `default`: a LimitRange set it, and wasmgate may lower it · `user`: wasmgate never changes it,
   * even if the API server copied it from a limit.
   */
  readonly origin: 'absent' | 'default' | 'user';
  /** Null if absent or not a quantity; the API server rejects the latter itself. */
  readonly value: Quantity | null;
  /** False for a default that the LimitRanger plugin has yet to write, as in a template or a file. */
  readonly isWritten: boolean;
}

/** One resource of one container. */
export interface CurrentValues {
  readonly request: CurrentValue;
  readonly limit: CurrentValue;
}

interface ValuePath {
  readonly side: Side;
  readonly resource: ResourceName;
}

/** The values in a Pod that the LimitRanger plugin wrote. */
export interface DefaultedValues {
  readonly has: (
    container: { readonly kind: ContainerKind; readonly name: string },
    path: ValuePath,
  ) => boolean;
}

const PREFIX = 'LimitRanger plugin set: ';
/** A container's name is a DNS label. */
const CLAUSE = /^(.+) (request|limit) for (init )?container ([a-z0-9-]+)$/;

/**
 * Characters: the API server's limit for all annotations together, which it checks only after mutating webhooks. Any user may
 * write this annotation.
 */
const LONGEST_ANNOTATION = 256 * 1024;

export const NOTHING_DEFAULTED: DefaultedValues = { has: () => false };

function keyOf(type: 'init' | 'main', name: string, { side, resource }: ValuePath): string {
  return `${type} ${side} ${resource} ${name}`;
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
 * Parses `kubernetes.io/limit-ranger`, the only trace of defaults. It lists each container, native sidecars as init containers,
 * and only values that the plugin wrote, not requests that the API server copied from a limit
 * (kubernetes plugin/pkg/admission/limitranger/admission.go; tried on 1.36.3).
 */
export function parseLimitRanger(annotation: string | undefined): DefaultedValues {
  if (annotation === undefined || !annotation.startsWith(PREFIX)) return NOTHING_DEFAULTED;
  if (annotation.length > LONGEST_ANNOTATION) return NOTHING_DEFAULTED;
  const keys = new Set(annotation.slice(PREFIX.length).split(';').flatMap(keysOf));
  return {
    has: ({ kind, name }, path) =>
      keys.has(keyOf(kind === 'init' || kind === 'sidecar' ? 'init' : 'main', name, path)),
  };
}

const ABSENT: CurrentValue = { origin: 'absent', value: null, isWritten: false };

function readValue(
  { kind, container }: VisitedContainer,
  path: ValuePath,
  defaulted: DefaultedValues,
): CurrentValue {
  const written = container.resources?.[path.side]?.[path.resource];
  if (written === undefined) return ABSENT;
  const origin = defaulted.has({ kind, name: container.name }, path) ? 'default' : 'user';
  return { origin, value: tryParseQuantity(written), isWritten: true };
}

function withDefault(current: CurrentValue, value: Quantity | null): CurrentValue {
  return current.origin !== 'absent' || value === null
    ? current
    : { origin: 'default', value, isWritten: false };
}

/** The sources of a Pod's values other than the user. */
export interface Defaulting {
  readonly defaulted: DefaultedValues;
  readonly limits: NamespaceLimits;
}

export function readCurrentValues(
  container: VisitedContainer,
  resource: ResourceName,
  { defaulted, limits }: Defaulting,
): CurrentValues {
  const request = readValue(container, { side: 'requests', resource }, defaulted);
  const limit = readValue(container, { side: 'limits', resource }, defaulted);
  if (limits.isEmpty || container.kind === 'ephemeral') return { request, limit };
  const defaults = limits.defaults[resource];
  // The API server copies a lone limit into the request before LimitRanges apply.
  const isCopied = limit.origin === 'user';
  return {
    request: isCopied ? request : withDefault(request, defaults.request),
    limit: withDefault(limit, defaults.limit),
  };
}

/** Reports whether wasmgate may set the request. The API server copies a lone limit of the user into it. */
export function isRequestOurs({ request, limit }: CurrentValues): boolean {
  return request.origin === 'default' || (request.origin === 'absent' && limit.origin !== 'user');
}

/** Returns the value that the API server uses: for a request that is absent, the limit. */
export function effectiveValue({ request, limit }: CurrentValues, side: Side): Quantity | null {
  return side === 'requests' ? (request.value ?? limit.value) : limit.value;
}

export function isReadable({ request, limit }: CurrentValues): boolean {
  return [request, limit].every(({ origin, value }) => origin === 'absent' || value !== null);
}
