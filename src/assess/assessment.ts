import type { MaybePromise } from '../lib/maybe-promise.ts';
import type { Pod } from '../pod/pod.ts';
import type { Decision, RatedFinding } from '../policy/decision.ts';
import type { AssessedContainer } from '../policy/facts.ts';
import type { Outcome } from '../policy/mode.ts';
import type { ClusterFact } from './ports.ts';

/** The time budget of an admission. Its signal, and the timer behind it, exist only once something waits for it. */
export interface Deadline {
  readonly signal: () => AbortSignal;
}

/** @param milliseconds from now */
export function createDeadline(milliseconds: number): Deadline {
  const started = performance.now();
  let signal: AbortSignal | undefined;
  return {
    signal: () => {
      signal ??= AbortSignal.timeout(Math.max(0, Math.ceil(milliseconds - (performance.now() - started))));
      return signal;
    },
  };
}

/** A Pod to assess, or a workload's Pod template in the form of one. */
export interface AssessmentRequest {
  readonly subject: 'pod' | 'template';
  readonly pod: Pod;
  /** True if a controller wrote the object that holds the template; otherwise absent. */
  readonly isControlled?: boolean;
  /** On UPDATE: the Pod as it was. Its class cannot change, so only new images are assessed. */
  readonly previous?: Pod;
  /** True for a Pod that exists: it is judged as it is in every mode, because nothing can change it; otherwise absent. */
  readonly isRunning?: boolean;
  /** From the request, because the object's own may be empty. */
  readonly namespace: string;
  /** In mode audit, `mutate` returns at once; `validate` reports. */
  readonly step: 'mutate' | 'validate';
  readonly deadline: Deadline;
  /** True if nothing will be stored: then no Event may be written either. */
  readonly isDryRun?: boolean;
}

export type Assessment = SkippedAssessment | DecidedAssessment;

/** A Pod out of scope: mirror Pod, Windows, excluded namespace, mode off, opt-out. */
export interface SkippedAssessment {
  readonly kind: 'skipped';
  readonly reason: string;
  /** Notes for the user, such as one on an invalid mode label. */
  readonly notes: readonly string[];
}

export interface DecidedAssessment {
  readonly kind: 'decided';
  readonly decision: Decision;
  readonly outcome: Outcome;
  /** True if findings that deny reject the object; otherwise they only warn, as for most templates. */
  readonly isBinding: boolean;
  readonly containers: readonly AssessedContainer[];
  readonly notes: readonly string[];
  /** Facts that could not be read and may change the result; absent if none. */
  readonly hangsOn?: readonly ClusterFact[];
  /** Denials that such a fact may lift; absent if none. */
  readonly doubtful?: readonly RatedFinding[];
  /** The same object for Pods of one shape, so that callers can reuse what they derived from it. Absent if not cached. */
  readonly cachedDecision?: object;
}

/** Outcomes for metrics. `/mutate`: changed, unchanged. `/validate`: the others, `would-` in modes other than enforce. Both: skipped. */
/** What each webhook does with an object. */
export const DECISION_OUTCOMES = {
  mutate: ['changed', 'unchanged'],
  validate: ['denied', 'would-deny', 'would-change', 'warned', 'allowed'],
} as const;

type DecisionOutcome = (typeof DECISION_OUTCOMES)[AssessmentRequest['step']][number] | 'skipped';

export function outcomeOf(assessment: Assessment, step: AssessmentRequest['step']): DecisionOutcome {
  if (assessment.kind === 'skipped') return 'skipped';
  const { denials, changes, warnings, withheld } = assessment.outcome;
  if (step === 'mutate') return changes.length > 0 ? 'changed' : 'unchanged';
  if (denials.length > 0) return assessment.isBinding ? 'denied' : 'would-deny';
  if (withheld.denials.length > 0) return 'would-deny';
  if (withheld.changes.length > 0) return 'would-change';
  return warnings.length > 0 ? 'warned' : 'allowed';
}

/** The single path that the webhook, `review` and `audit` share. It throws for bugs and never reports one as a verdict. */
export type AssessPod = (request: AssessmentRequest) => MaybePromise<Assessment>;
