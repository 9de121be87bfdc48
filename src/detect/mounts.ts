import { LONGEST_PATH, resolvePath } from '../image/resolve-path.ts';
import { oncePer } from '../lib/once-per.ts';
import type { Container } from '../pod/pod.ts';

/** Where a container's volumes cover the image's files. */
export interface Mounts {
  /** Reports whether a volume is mounted at the path or above it. */
  readonly covers: (path: string) => boolean;
  /** Reports whether a volume is mounted below the folder, which the runtime then creates. */
  readonly liesWithin: (folder: string) => boolean;
}

/** Volumes of one container; real Pods mount a dozen. With more, every file counts as covered, so that nothing is concluded. */
const MAX_MOUNTS = 1_000;

const NONE: Mounts = { covers: () => false, liesWithin: () => false };
const EVERYWHERE: Mounts = { covers: () => true, liesWithin: () => true };

/** Returns the index of the first text that is greater. */
function firstAfter(sorted: readonly string[], text: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') > text) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Returns folders with a trailing slash, sorted, none below another, so that only neighbors have to be compared. */
function outermost(paths: readonly string[]): readonly string[] {
  const folders = [...new Set(paths.map((path) => resolvePath('/', path)))]
    .filter((path) => path !== '/')
    .map((path) => `${path}/`)
    .toSorted();
  const kept: string[] = [];
  for (const folder of folders) if (!folder.startsWith(kept.at(-1) ?? '//')) kept.push(folder);
  return kept;
}

function createMounts(paths: readonly string[]): Mounts {
  if (paths.length === 0) return NONE;
  if (paths.length > MAX_MOUNTS) return EVERYWHERE;
  const folders = outermost(paths.filter(({ length }) => length <= LONGEST_PATH));
  return {
    covers: (path) => {
      const before = folders[firstAfter(folders, `${path}/`) - 1];
      return before !== undefined && `${path}/`.startsWith(before);
    },
    liesWithin: (folder) => folders[firstAfter(folders, `${folder}/`)]?.startsWith(`${folder}/`) === true,
  };
}

type VolumeMounts = NonNullable<Container['volumeMounts']>;

/** Cached because a container is assessed some dozens of times. */
const mountsOfList = oncePer((volumeMounts: VolumeMounts) =>
  createMounts(volumeMounts.flatMap(({ mountPath }) => mountPath ?? [])),
);

export function mountsOf(volumeMounts: VolumeMounts | null | undefined): Mounts {
  return volumeMounts ? mountsOfList(volumeMounts) : NONE;
}
