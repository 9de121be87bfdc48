import { annotateValidation, describeDenial, describeWarnings, type Judged } from './describe-outcome.ts';
import type { Unjudged } from './read-subject.ts';
import { allowed, denied, type Answer } from './response.ts';

/** What is nobody's business is let through without a word; of what is broken whoever applied it is told. */
export function answerUnjudged({ subject, reason }: Unjudged, kind: string): Answer {
  if (subject === 'none') return allowed();
  const warnings = [`wasmgate: this ${kind} was not judged: ${reason}`];
  return allowed({ warnings, auditAnnotations: { outcome: 'not-judged' } });
}

/** What the use case skips is let through, and what the user should know all the same is told. */
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
