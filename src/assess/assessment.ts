import type { MaybePromise } from '../lib/maybe-promise.ts';
import type { Pod } from '../pod/pod.ts';
import type { Decision } from '../policy/decision.ts';
import type { AssessedContainer } from '../policy/facts.ts';
import type { Outcome } from '../policy/mode.ts';
import type { Deadline } from './deadline.ts';

/** A Pod, or a workload's Pod template dressed as one, to be assessed. */
export interface AssessmentRequest {
  readonly subject: 'pod' | 'template';
  readonly pod: Pod;
  /** Of a template: whether a controller wrote the object that it stands in. Absent where none did. */
  readonly isControlled?: boolean;
  /** On UPDATE: what the Pod was before. Its class stands, so that only images that are new are looked at. */
  readonly previous?: Pod;
  /** From the request, never from the object: there it may be empty. */
  readonly namespace: string;
  /** `mutate` answers at once in mode audit; `validate` is the one that tells. */
  readonly step: 'mutate' | 'validate';
  readonly deadline: Deadline;
  /** Whether nothing will be stored: then nothing may be written about it, either. */
  readonly isDryRun?: boolean;
}

export type Assessment = SkippedAssessment | DecidedAssessment;

/** Not assessed, and why: mirror Pod, Windows, a namespace never looked at, mode off, opted out. */
export interface SkippedAssessment {
  readonly kind: 'skipped';
  readonly reason: string;
  /** Told to the user all the same, such as a mode label that is none. */
  readonly notes: readonly string[];
}

export interface DecidedAssessment {
  readonly kind: 'decided';
  readonly decision: Decision;
  readonly outcome: Outcome;
  /** Whether refusals refuse the object; those of a template are only told, unless the operator wants otherwise. */
  readonly isBinding: boolean;
  readonly containers: readonly AssessedContainer[];
  readonly notes: readonly string[];
  /** Whether more hangs on RuntimeClasses of which nobody has said which there are; absent where that is known. */
  readonly hangsOnClasses?: boolean;
  /** The same object for Pods of one shape: what was written for one serves for all. Absent for a case of its own. */
  readonly precedent?: object;
}

/**
 * What becomes of an assessed Pod. `/mutate`: changed, unchanged. `/validate`: denied, warned, allowed, or what would happen
 * in mode enforce. Both: skipped.
 */
export const DECISION_OUTCOMES = [
  'changed',
  'unchanged',
  'denied',
  'would-deny',
  'would-change',
  'warned',
  'allowed',
  'skipped',
] as const;

export function outcomeOf(
  assessment: Assessment,
  step: AssessmentRequest['step'],
): (typeof DECISION_OUTCOMES)[number] {
  if (assessment.kind === 'skipped') return 'skipped';
  const { refusals, changes, warnings, withheld } = assessment.outcome;
  if (step === 'mutate') return changes.length > 0 ? 'changed' : 'unchanged';
  if (refusals.length > 0) return assessment.isBinding ? 'denied' : 'would-deny';
  if (withheld.refusals.length > 0) return 'would-deny';
  if (withheld.changes.length > 0) return 'would-change';
  return warnings.length > 0 ? 'warned' : 'allowed';
}

/** The one path that the webhook, `review` and `audit` take. Faults of our own are thrown, never answered as a verdict. */
export type AssessPod = (request: AssessmentRequest) => MaybePromise<Assessment>;
