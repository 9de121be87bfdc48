import type { Reviewed } from './review-subject.ts';

/** An image of which it is not known what it is. */
export interface UnknownImage {
  readonly container: string;
  /** Why it is not known. */
  readonly detail: string;
  readonly advice: string | null;
  /** Whether a finding speaks of it, too. */
  readonly isFound: boolean;
}

export function unknownImages(review: Reviewed): readonly UnknownImage[] {
  if (review.kind === 'left') return [];
  const { containers, decision } = review.assessment;
  const found = new Set(decision.findings.map(({ container }) => container));
  return containers.flatMap(({ container, verdict, isSkipped }) => {
    if (verdict.kind !== 'unknown' || isSkipped) return [];
    const { detail, advice } = verdict;
    return { container: container.name, detail, advice, isFound: found.has(container.name) };
  });
}

/** An unreachable registry is one thing to mend, however many images it has. */
export function advicesOn(questions: readonly UnknownImage[]): readonly string[] {
  return [...new Set(questions.flatMap(({ advice }) => advice ?? []))];
}
