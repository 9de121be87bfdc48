import { openQueries, type PeekScope } from '../detect/open-queries.ts';
import type { Decision } from '../policy/decision.ts';
import type { ClusterView } from '../policy/facts.ts';
import { assessResult, peekScopeOf } from './assess-container.ts';
import type { AssessmentRequest } from './assessment.ts';
import type { PodImages, ReadImagesDeps } from './read-images.ts';

/** Containers whose layers are to be read, by position. */
export type PeekTargets = ReadonlyMap<number, PeekScope>;

export const NO_TARGETS: PeekTargets = new Map();

/** Returns images that hint at Wasm, or are small, and whose file was not read: only the file shows what it imports. */
export function unreadImages({ containers }: PodImages): PeekTargets {
  let targets: Map<number, PeekScope> | undefined;
  for (const [position, { facts, verdict }] of containers.entries()) {
    const scope = facts === null ? null : peekScopeOf(verdict);
    if (scope !== null) (targets ??= new Map()).set(position, scope);
  }
  return targets ?? NO_TARGETS;
}

/** Before it denies a Pod because of an image that shows no sign of Wasm, wasmgate reads that image's layers. */
export function deniedImages({ containers, newCount }: PodImages, { findings }: Decision): PeekTargets {
  const denied = findings.filter(({ action }) => action === 'deny').map(({ container }) => container);
  if (denied.length === 0) return NO_TARGETS;
  const names = new Set(denied);
  const targets = new Map<number, PeekScope>();
  for (const [position, { facts, container }] of containers.entries()) {
    const isDenied = position < newCount && names.has(container.name);
    if (isDenied && facts !== null && openQueries(facts, container, 'any') !== null)
      targets.set(position, 'any');
  }
  return targets;
}

export interface ReadLayersRequest extends Pick<AssessmentRequest, 'pod' | 'deadline'> {
  readonly cluster: ClusterView;
}

export type ReadLayers = (
  images: PodImages,
  targets: PeekTargets,
  request: ReadLayersRequest,
) => Promise<PodImages>;

/** Creates a function that assesses containers again by the layers of their images. */
export function createReadLayers({
  catalog,
  waitModeFor,
}: Pick<ReadImagesDeps, 'catalog' | 'waitModeFor'>): ReadLayers {
  return async (images, targets, { pod, deadline, cluster }) => {
    if (targets.size === 0) return images;
    const containers = [...images.containers];
    const wait = { signal: deadline.signal(), mode: waitModeFor(pod, cluster) };
    const peeks = [...targets].map(async ([position, scope]) => {
      const [assessed, request] = [containers[position], images.requests[position]];
      if (assessed === undefined || request === undefined || assessed.facts === null) return;
      const target = { facts: assessed.facts, override: assessed.container, scope };
      const facts = await catalog.peek(request, target, wait);
      const { stale = null, knownSince = performance.now() } = assessed;
      containers[position] = assessResult(assessed, { kind: 'facts', facts, stale, knownSince });
    });
    await Promise.all(peeks);
    return { ...images, containers };
  };
}
