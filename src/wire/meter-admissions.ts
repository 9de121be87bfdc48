import type { Assessment, AssessmentRequest } from '../assess/assessment.ts';
import { ACTIONS, type Action } from '../policy/decision.ts';
import { FINDING_IDS, type FindingId } from '../policy/finding-catalog.ts';
import { MODES } from '../policy/mode.ts';
import { ADMISSION_OUTCOMES, type AdmissionMeter } from '../server/admission-handler.ts';
import type { ServerMeter } from '../server/app.ts';
import { ERROR_CODES } from '../server/error-answer.ts';
import type { Counter } from '../telemetry/instruments.ts';
import type { Metrics } from '../telemetry/metrics.ts';

const DEFAULTS = {
  /**
   * Seconds. From memory an answer takes some 50 µs; a look-up within a fast network 0.1 s; the manifests give the calls 3 s
   * and 5 s, of which half a second is kept back (server/time-budget.ts).
   */
  durationBounds: [0.0001, 0.00025, 0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 4.5, 10],
} as const;

const ENDPOINTS = ['mutate', 'validate'] as const;

/**
 * What became of what was judged. `/mutate`: changed, unchanged. `/validate`: denied, and what would have been denied or
 * changed were the mode another, warned, allowed. Both: skipped.
 */
const DECISIONS = [
  'changed',
  'unchanged',
  'denied',
  'would-deny',
  'would-change',
  'warned',
  'allowed',
  'skipped',
] as const;
type DecidedOutcome = (typeof DECISIONS)[number];

/** A decision that was skipped has no mode. */
const DECISION_MODES = [...MODES, 'none'] as const;

/** A record with a value for each key. */
function table<Key extends string, Value>(
  keys: readonly Key[],
  make: (key: Key) => Value,
): Readonly<Record<Key, Value>> {
  return Object.fromEntries(keys.map((key) => [key, make(key)])) as Readonly<Record<Key, Value>>;
}

/** A series that begins with its first event; from then on it is at hand. */
function lazily(create: () => Counter): () => void {
  let counter: Counter | undefined;
  return () => (counter ??= create()).add();
}

/** What was answered, and how long that took. */
export function meterAnswers(metrics: Metrics): ServerMeter {
  const answers = metrics.counter({
    name: 'wasmgate_admissions_total',
    help: 'Requests for an admission by webhook and outcome; fault is HTTP 500, after which failurePolicy decides.',
    labels: { endpoint: ENDPOINTS, outcome: ADMISSION_OUTCOMES },
  });
  const durations = metrics.histogram({
    name: 'wasmgate_admission_duration_seconds',
    help: 'Time from a request that is read to its answer.',
    labels: { endpoint: ENDPOINTS },
    bounds: DEFAULTS.durationBounds,
  });
  const errors = metrics.counter({
    name: 'wasmgate_request_errors_total',
    help: 'Requests to the webhook port that got an error instead of an answer, by its code.',
    labels: { code: ERROR_CODES },
  });
  const meter = (endpoint: (typeof ENDPOINTS)[number]): AdmissionMeter => {
    const counters = table(ADMISSION_OUTCOMES, (outcome) => answers.of({ endpoint, outcome }));
    const duration = durations.of({ endpoint });
    return (outcome, milliseconds) => {
      counters[outcome].add();
      duration.observe(milliseconds / 1000);
    };
  };
  return {
    mutate: meter('mutate'),
    validate: meter('validate'),
    onError: (code) => errors.of({ code }).add(),
  };
}

function outcomeOf(assessment: Assessment, step: 'mutate' | 'validate'): DecidedOutcome {
  if (assessment.kind === 'skipped') return 'skipped';
  const { refusals, changes, warnings, withheld } = assessment.outcome;
  if (step === 'mutate') return changes.length > 0 ? 'changed' : 'unchanged';
  if (refusals.length > 0) return assessment.isBinding ? 'denied' : 'would-deny';
  if (withheld.refusals.length > 0) return 'would-deny';
  if (withheld.changes.length > 0) return 'would-change';
  return warnings.length > 0 ? 'warned' : 'allowed';
}

/** Counts what was decided and found. */
export function meterDecisions(
  metrics: Metrics,
): (request: AssessmentRequest, assessment: Assessment) => void {
  const decisions = metrics.counter({
    name: 'wasmgate_decisions_total',
    help: 'Pods and templates that were judged, by webhook, mode and what became of them.',
    labels: { endpoint: ENDPOINTS, mode: DECISION_MODES, outcome: DECISIONS },
    isSparse: true,
  });
  const findings = metrics.counter({
    name: 'wasmgate_findings_total',
    help: 'Findings of the validating webhook by id and action.',
    labels: { finding: FINDING_IDS, action: ACTIONS },
    isSparse: true,
  });
  const decided = table(ENDPOINTS, (endpoint) =>
    table(DECISION_MODES, (mode) =>
      table(DECISIONS, (outcome) => lazily(() => decisions.of({ endpoint, mode, outcome }))),
    ),
  );
  const found: Readonly<Record<FindingId, Readonly<Record<Action, () => void>>>> = table(
    FINDING_IDS,
    (finding) => table(ACTIONS, (action) => lazily(() => findings.of({ finding, action }))),
  );
  return ({ step }, assessment) => {
    const mode = assessment.kind === 'skipped' ? 'none' : assessment.outcome.mode;
    decided[step][mode][outcomeOf(assessment, step)]();
    // The mutating call finds the same, and tells nobody.
    if (assessment.kind === 'decided' && step === 'validate') {
      for (const { id, action } of assessment.decision.findings) found[id][action]();
    }
  };
}
