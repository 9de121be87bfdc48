import type { Container, PodSpec } from './pod.ts';

export type ContainerKind = 'init' | 'sidecar' | 'main' | 'ephemeral';

export interface VisitedContainer {
  readonly kind: ContainerKind;
  readonly container: Container;
  /** JSON pointer within the Pod, such as `/spec/containers/0`. */
  readonly path: string;
}

/** Returns every container of a Pod, in the order they start. Native sidecars are init containers that always restart. */
export function visitContainers(spec: PodSpec): readonly VisitedContainer[] {
  const visited: VisitedContainer[] = [];
  for (const [index, container] of (spec.initContainers ?? []).entries()) {
    const kind = container.restartPolicy === 'Always' ? 'sidecar' : 'init';
    visited.push({ kind, container, path: `/spec/initContainers/${index}` });
  }
  for (const [index, container] of spec.containers.entries()) {
    visited.push({ kind: 'main', container, path: `/spec/containers/${index}` });
  }
  for (const [index, container] of (spec.ephemeralContainers ?? []).entries()) {
    visited.push({ kind: 'ephemeral', container, path: `/spec/ephemeralContainers/${index}` });
  }
  return visited;
}
