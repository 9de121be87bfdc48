import { annotateValidation, describeDenial, describeWarnings, type Decided } from './describe-outcome.ts';
import type { LeftAlone } from './read-subject.ts';
import { allowed, denied, type Answer } from './response.ts';

/** What is nobody's business is let through without a word; of what is broken whoever applied it is told. */
export function answerLeftAlone({ subject, reason }: LeftAlone, kind: string): Answer {
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
export function answerDecided(decided: Decided, kind: string): Answer {
  const remarks = {
    warnings: describeWarnings(decided, kind),
    auditAnnotations: annotateValidation(decided),
  };
  const { refusals } = decided.outcome;
  const isRefused = decided.isBinding && refusals.length > 0;
  return isRefused ? denied(describeDenial(refusals), remarks) : allowed(remarks);
}
