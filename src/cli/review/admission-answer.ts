import { annotateValidation, describeDenial, describeWarnings } from '../../admission/describe-outcome.ts';
import { allowed, denied, patched, type Answer } from '../../admission/response.ts';
import type { Reviewed } from './review-subject.ts';

/** What the API server would be answered, both webhooks' words in one: the patch of the one, the rest of the other. */
export function admissionAnswer(review: Reviewed): Answer {
  if (review.kind === 'left') {
    const warnings = review.notes.map((note) => `wasmgate: ${note}`);
    return allowed({ warnings, auditAnnotations: { outcome: 'skipped', skipped: review.reason } });
  }
  const { judgement, subject, patch } = review;
  const { kind } = subject.source;
  const remarks = {
    warnings: describeWarnings(judgement, kind),
    auditAnnotations: annotateValidation(judgement),
  };
  const { refusals } = judgement.outcome;
  if (judgement.isBinding && refusals.length > 0) return denied(describeDenial(refusals), remarks);
  return subject.kind === 'template' ? allowed(remarks) : patched(patch, remarks);
}
