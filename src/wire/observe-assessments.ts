import type { Assessment, AssessmentRequest, AssessPod } from '../assess/assessment.ts';
import { whenKnown } from '../lib/maybe-promise.ts';

export type Observer = (request: AssessmentRequest, assessment: Assessment) => void;

/** Assesses as `assess` does, and hands each assessment to everybody who counts or remembers it. */
export function observeAssessments(assess: AssessPod, observers: readonly Observer[]): AssessPod {
  return (request) =>
    whenKnown(assess(request), (assessment) => {
      for (const observe of observers) observe(request, assessment);
      return assessment;
    });
}
