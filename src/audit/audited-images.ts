import { reportVerdict } from '../assess/inspect/image-report.ts';
import { cutMiddleToBytes } from '../lib/bound-text.ts';
import type { AssessedContainer } from '../policy/facts.ts';
import type { AuditedImage, AuditedWorkload } from './audit-report.ts';

/** The verdict that says most, if the commands or rights of several workloads make a difference. */
const RANKS = ['unknown', 'container', 'not-a-workload', 'wasm'] as const;

/**
 * Bytes of an image's name in a report. The longest reference that anything can pull is shorter; the API server checks no length, and
 * a report holds the name for each container of each workload.
 */
const IMAGE_BYTES = 1024;

/** Returns the name of a container's image, as far as a report shows it. */
export function reportedName({ image }: Pick<AssessedContainer, 'image'>): string {
  return cutMiddleToBytes(image, IMAGE_BYTES);
}

type ImageFacts = Omit<AuditedImage, 'image' | 'workloads'>;

function factsOf({ verdict }: AssessedContainer): ImageFacts {
  const { detail, advice } = verdict.kind === 'unknown' ? verdict : { detail: null, advice: null };
  return { verdict: reportVerdict(verdict), detail, advice };
}

/** Compares by code units, so that a report does not depend on a locale. */
export function compareText(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

/** Collects what images are, each reference once. */
export function createImageList() {
  const known = new Map<string, ImageFacts>();
  return {
    add: (containers: readonly AssessedContainer[]): void => {
      for (const container of containers) {
        const image = reportedName(container);
        const before = known.get(image);
        const isBetter =
          before === undefined || RANKS.indexOf(container.verdict.kind) > RANKS.indexOf(before.verdict.kind);
        if (isBetter) known.set(image, factsOf(container));
      }
    },
    /** Returns the images of workloads, sorted, with the number of workloads that have each. */
    of: (workloads: readonly AuditedWorkload[]): readonly AuditedImage[] => {
      const counts = new Map<string, number>();
      for (const { images } of workloads)
        for (const image of new Set(images.map((one) => one.image)))
          counts.set(image, (counts.get(image) ?? 0) + 1);
      return [...known]
        .flatMap(([image, facts]) => {
          const count = counts.get(image);
          return image === '' || count === undefined ? [] : [{ image, ...facts, workloads: count }];
        })
        .toSorted((one, other) => compareText(one.image, other.image));
    },
  };
}
