import type { Explanation } from '../check.ts';
import type { Finding } from '../decision.ts';
import { describeContainer } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';
import { describeSource, type Bound, type BoundSource, type ResourceName } from './bounds.ts';
import type { ContainerPlan } from './fit-resource.ts';

export const limitsConflictExplanation: Explanation = {
  id: 'limits-conflict',
  why:
    "A LimitRange of the namespace or the Pod's own resources leave less memory than the container needs to start, or no " +
    'valid request and limit of CPU or memory. With so little the container would die, and with more the API server would ' +
    'reject the Pod.',
  checks:
    'Every LimitRange of the namespace (min, max and maxLimitRequestRatio of containers and of Pods), spec.resources, the ' +
    "image's size, the handler, the tier.",
  exempts: 'Any values that fit within those bounds.',
  example: 'A Go module of 2.5 MB in a tar image, in a namespace whose LimitRange sets max.memory to 64Mi.',
  fix: 'Raise the bound that the message names, or build the image with an OCI Wasm layer, which needs less.',
};

const RESOURCE_WORDS: Readonly<Record<ResourceName, string>> = { cpu: 'CPU', memory: 'memory' };

/** Describes which values are left out: `gets no CPU request and limit`. */
export function describeLeftOut({ resource, current, desired }: ContainerPlan): string {
  const word = RESOURCE_WORDS[resource];
  if (desired?.limit === null) return `gets no ${word} request`;
  return current.request.origin === 'absent' ? `gets no ${word} request and limit` : `gets no ${word} limit`;
}

/** Advises how to loosen a bound. @param alternative another fix, beginning with a comma */
export function adviseOnBound(source: BoundSource, resource: ResourceName, alternative = ''): string {
  if (source.kind === 'pod')
    return `Raise ${resource} in spec.resources, or lower the requests of the other containers.`;
  const others = source.type === 'Pod' ? ', lower the values of the other containers' : '';
  return `Raise that bound in LimitRange "${source.name}"${others}${alternative}.`;
}

interface Conflict {
  readonly container: AssessedContainer;
  readonly resource: ResourceName;
  /** What the container gets or has because of the bound. */
  readonly state: string;
  readonly bound: Bound;
  readonly alternative?: string;
}

export function limitsConflict({ container, resource, state, bound, alternative }: Conflict): Finding {
  return {
    id: 'limits-conflict',
    container: container.container.name,
    detail: `${describeContainer(container)} ${state}, and ${describeSource(bound.source, resource)}`,
    advice: adviseOnBound(bound.source, resource, alternative),
  };
}
