import type { Metrics } from './metrics.ts';

/**
 * Bounds in seconds. An answer from memory takes about 50 µs, a lookup on a fast network 0.1 s. The manifests give the calls
 * 3 s and 5 s, of which wasmgate reserves half a second (server/time-budget.ts).
 */
const DURATION_BUCKETS = [0.0001, 0.00025, 0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 4.5, 10] as const;

const ENDPOINTS = ['mutate', 'validate'] as const;
type Endpoint = (typeof ENDPOINTS)[number];

/** Labels of answers: what the server returned. */
export interface AnswerLabels {
  readonly outcomes: readonly string[];
  readonly errorCodes: readonly string[];
}

/** Counts answers and measures how long they took. */
export function addAnswerMetrics<const Known extends AnswerLabels>(
  metrics: Metrics,
  { outcomes, errorCodes }: Known,
) {
  const answers = metrics.counter({
    name: 'wasmgate_admissions_total',
    help: 'Admission requests by webhook and outcome; fault is HTTP 500, after which failurePolicy decides.',
    labels: { endpoint: ENDPOINTS, outcome: outcomes },
  });
  const durations = metrics.histogram({
    name: 'wasmgate_admission_duration_seconds',
    help: 'Time from reading a request to answering it.',
    labels: { endpoint: ENDPOINTS },
    buckets: DURATION_BUCKETS,
  });
  const errors = metrics.counter({
    name: 'wasmgate_request_errors_total',
    help: 'Requests to the webhook port that wasmgate answered with an error, by its code.',
    labels: { code: errorCodes },
  });
  const countFor = (endpoint: Endpoint) => {
    const duration = durations.of({ endpoint });
    return (outcome: Known['outcomes'][number], milliseconds: number): void => {
      answers.of({ endpoint, outcome }).inc();
      duration.observe(milliseconds / 1000);
    };
  };
  return {
    mutate: countFor('mutate'),
    validate: countFor('validate'),
    onError: (code: Known['errorCodes'][number]): void => errors.of({ code }).inc(),
  };
}

/** Labels of decisions: what the policy decided and found. */
export interface DecisionLabels {
  readonly modes: readonly string[];
  readonly outcomes: Readonly<Record<Endpoint, readonly string[]>>;
  readonly findings: readonly string[];
  readonly actions: readonly string[];
}

/** The outcome and mode of a Pod that was skipped. */
const SKIPPED = 'skipped';
const NO_MODE = 'none';

/** The usual actions of findings, which begin at zero. */
const REPORTED = ['deny', 'warn'];

/** Counts decisions and findings. */
export function addDecisionMetrics<const Known extends DecisionLabels>(metrics: Metrics, known: Known) {
  const decisions = metrics.counter({
    name: 'wasmgate_decisions_total',
    help: 'Pods and templates that wasmgate assessed, by webhook, mode and outcome.',
    labels: {
      endpoint: ENDPOINTS,
      mode: [...known.modes, NO_MODE],
      outcome: [...known.outcomes.mutate, ...known.outcomes.validate, SKIPPED],
    },
    isSparse: true,
  });
  for (const endpoint of ENDPOINTS) {
    decisions.of({ endpoint, mode: NO_MODE, outcome: SKIPPED });
    for (const outcome of known.outcomes[endpoint])
      for (const mode of known.modes) decisions.of({ endpoint, mode, outcome });
  }
  const findings = metrics.counter({
    name: 'wasmgate_findings_total',
    help: 'Findings of the validating webhook by id and action.',
    labels: { finding: known.findings, action: known.actions },
    isSparse: true,
  });
  for (const finding of known.findings) for (const action of REPORTED) findings.of({ finding, action });
  return {
    decision: (
      endpoint: Endpoint,
      mode: Known['modes'][number] | null,
      outcome: Known['outcomes'][Endpoint][number] | typeof SKIPPED,
    ): void => decisions.of({ endpoint, mode: mode ?? NO_MODE, outcome }).inc(),
    finding: (finding: Known['findings'][number], action: Known['actions'][number]): void =>
      findings.of({ finding, action }).inc(),
  };
}
