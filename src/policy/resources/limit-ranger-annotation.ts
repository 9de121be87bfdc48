import type { ContainerKind } from '../../pod/visit-containers.ts';
import { RESOURCE_NAMES, type ResourceName, type Side } from './resource-name.ts';

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
