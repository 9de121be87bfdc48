import type { Explanation } from '../check.ts';
import type { Finding } from '../decision.ts';
import { describeContainer } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';
import { describeSource, type Bound, type BoundSource, type ResourceName } from './bounds.ts';
import type { FittedResource } from './fit-resource.ts';

export const limitsConflictExplanation: Explanation = {
  id: 'limits-conflict',
  why:
    "A LimitRange of the namespace, or the Pod's own resources, leave less memory than the container needs to start, or no " +
    'room for any request and limit of CPU or memory: with so little it would die, and with more the API server would refuse ' +
    'the Pod.',
  checks:
    "Every LimitRange of the namespace (min, max, maxLimitRequestRatio, of containers and of Pods), spec.resources, the image's size, the handler, the tier.",
  exempts: 'Whatever fits between those bounds.',
  example: 'A Go module of 2.5 MB in a tar image, in a namespace whose LimitRange says max.memory: 64Mi.',
  fix: 'Raise the bound that the message names, or build the image with an OCI Wasm layer, which needs less.',
};

const RESOURCE_WORDS: Readonly<Record<ResourceName, string>> = { cpu: 'CPU', memory: 'memory' };

/** `gets no CPU request and limit` */
export function describeLeftOut({ resource, slots, wanted }: FittedResource): string {
  const word = RESOURCE_WORDS[resource];
  if (wanted?.limit === null) return `gets no ${word} request`;
  return slots.request.origin === 'absent' ? `gets no ${word} request and limit` : `gets no ${word} limit`;
}

/** How to make room; `instead` is what helps without it, following a comma. */
export function makeRoom(source: BoundSource, resource: ResourceName, instead = ''): string {
  if (source.kind === 'pod')
    return `Raise ${resource} in spec.resources, or lower what the other containers request.`;
  const others = source.type === 'Pod' ? ', lower what the other containers take' : '';
  return `Raise that bound in LimitRange "${source.name}"${others}${instead}.`;
}

interface Conflict {
  readonly container: AssessedContainer;
  readonly resource: ResourceName;
  /** What follows for the container. */
  readonly state: string;
  readonly bound: Bound;
  readonly instead?: string;
}

export function limitsConflict({ container, resource, state, bound, instead }: Conflict): Finding {
  return {
    id: 'limits-conflict',
    container: container.container.name,
    detail: `${describeContainer(container)} ${state}, and ${describeSource(bound.source, resource)}`,
    advice: makeRoom(bound.source, resource, instead),
  };
}
