import { reportVerdict } from '../assess/inspect/image-report.ts';
import type { AssessedContainer } from '../policy/facts.ts';
import type { AuditedImage, AuditedWorkload } from './audit-report.ts';

/** The verdict that says most, if the commands or rights of several workloads make a difference. */
const RANKS = ['unknown', 'container', 'not-a-workload', 'wasm'] as const;

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
        const before = known.get(container.image);
        const isBetter =
          before === undefined || RANKS.indexOf(container.verdict.kind) > RANKS.indexOf(before.verdict.kind);
        if (isBetter) known.set(container.image, factsOf(container));
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
