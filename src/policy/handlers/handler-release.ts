import type { ImageForm } from './image-form.ts';

/** The numbers of a release, most significant first. */
export type Release = readonly number[];

/** What versions in handler names mean for one shim. */
export interface ShimReleases {
  /**
   * The oldest release of each generation. The generation is the number in the name of the shim's binary, such as
   * `containerd-shim-spin-v2`, which runtime-class-manager and AKS copy into the handler.
   */
  readonly generations: Readonly<Partial<Record<number, Release>>>;
  /** The first release that runs an image of this form, if earlier ones do not. */
  readonly since: Readonly<Partial<Record<ImageForm, Release>>>;
  /** The first release that ranks as current: before handlers without a version, which rank before older releases. */
  readonly current: Release;
}

/** The suffix that runtime-class-manager (`spin-v2`, `wasmtime-v1`) and AKS (`spin-v0-15-1`) use. */
const VERSION = /-v(\d+(?:[-.]\d+)*)$/;

export interface VersionedName {
  /** The handler's name without its version. */
  readonly stem: string;
  /** Null if the name has no version. */
  readonly version: readonly number[] | null;
}

export function splitVersion(handler: string): VersionedName {
  const version = VERSION.exec(handler)?.[1];
  if (version === undefined) return { stem: handler, version: null };
  return {
    stem: handler.replace(VERSION, ''),
    version: version.split(/[-.]/).map(Number),
  };
}

/** Returns the oldest release that a version may stand for; null if unknown. A single number is a generation. */
export function releaseOf(version: readonly number[], { generations }: ShimReleases): Release | null {
  const [generation] = version;
  return version.length === 1 && generation !== undefined ? (generations[generation] ?? null) : version;
}

/** Returns a negative number if the left one is older. */
export function compareReleases(left: Release, right: Release): number {
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export function formatRelease(release: Release): string {
  return release.join('.');
}
