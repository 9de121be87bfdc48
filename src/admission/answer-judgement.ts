import { annotateValidation, describeDenial, describeWarnings, type Judged } from './describe-outcome.ts';
import { allowed, denied, type Answer } from './response.ts';

/** What is not judged is let through, and what the user should know all the same is told. */
export function answerSkipped(reason: string, notes: readonly string[]): Answer {
  const warnings = notes.map((note) => `wasmgate: ${note}`);
  return allowed({ warnings, auditAnnotations: { outcome: 'skipped', skipped: reason } });
}

/** Refused where refusals bind; whatever becomes of it, everything is told. */
export function answerJudged(judged: Judged, kind: string): Answer {
  const remarks = {
    warnings: describeWarnings(judged, kind),
    auditAnnotations: annotateValidation(judged),
  };
  const { refusals } = judged.outcome;
  const isRefused = judged.isBinding && refusals.length > 0;
  return isRefused ? denied(describeDenial(refusals), remarks) : allowed(remarks);
}
