import type { Container, Pod } from './pod.ts';

/** Two states of a Pod, each reduced to the containers whose image is new in the second. */
export interface ChangedImages {
  readonly before: Pod;
  readonly after: Pod;
}

type Containers = readonly Container[] | null | undefined;

const LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** Returns containers whose image is new. Indexes by name: a Pod may have tens of thousands, and this runs before any limit. */
function newOf(containers: Containers, old: Containers): readonly Container[] {
  if (containers === null || containers === undefined) return [];
  const images = new Map(old?.map(({ name, image }) => [name, image]));
  return containers.filter(({ name, image }) => images.get(name) !== image);
}

function narrow({ metadata, spec }: Pod, names: ReadonlySet<string>): Pod {
  const only = (list: Containers): readonly Container[] => (list ?? []).filter(({ name }) => names.has(name));
  return {
    ...(metadata === undefined ? {} : { metadata }),
    spec: {
      ...spec,
      initContainers: only(spec.initContainers),
      containers: only(spec.containers),
      ephemeralContainers: only(spec.ephemeralContainers),
    },
  };
}

/** Returns what an update changes in a Pod's images; null if nothing, as in most updates. Names are unique over all three lists. */
export function changedImages(before: Pod, after: Pod): ChangedImages | null {
  const changed = LISTS.flatMap((list) => newOf(after.spec[list], before.spec[list]));
  if (changed.length === 0) return null;
  const names = new Set(changed.map(({ name }) => name));
  return { before: narrow(before, names), after: narrow(after, names) };
}
