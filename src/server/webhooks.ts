import {
  annotateMutation,
  answerDecided,
  answerNotJudged,
  answerSkipped,
} from '../admission/answer-assessment.ts';
import { createPatch } from '../admission/json-patch.ts';
import { readSubject } from '../admission/read-subject.ts';
import { allowed, patched, prepare, type Answer } from '../admission/response.ts';
import type { AdmissionRequest } from '../admission/review.ts';
import {
  outcomeOf,
  type Assessment,
  type AssessPod,
  type DecidedAssessment,
  type Deadline,
} from '../assess/assessment.ts';
import { whenKnown, type MaybePromise } from '../lib/maybe-promise.ts';
import type { Pod } from '../pod/pod.ts';
import type { Mode } from '../policy/mode.ts';
import { isLogged, type LoggedDecision } from './decision-log.ts';

/**
 * One of the two webhooks: answers a request. Whatever it throws is a fault of wasmgate.
 * @param started when the request arrived, on the monotonic clock
 */
export type Webhook = (
  request: AdmissionRequest,
  deadline: Deadline,
  started: number,
) => MaybePromise<Answer>;

interface WebhookDeps {
  readonly assess: AssessPod;
  /** Called for each object that is changed or denied, and for each Pod that mode enforce would change or deny. */
  readonly logDecision?: (decision: LoggedDecision) => void;
}

function answerMutation(assessment: DecidedAssessment, pod: Pod): Answer {
  const { changes } = assessment.outcome;
  const operations = changes.length === 0 ? [] : createPatch(pod, changes);
  return patched(operations, { auditAnnotations: annotateMutation(assessment) });
}

/** Keys for the answers that differ in their mode only. */
const UNCHANGED: Readonly<Record<Mode, object>> = { enforce: {}, warn: {}, audit: {}, off: {} };

/** Returns the same object for assessments with equal answers; null if no other assessment can equal it. */
function likeness({ cachedDecision, outcome, decision }: DecidedAssessment): object | null {
  if (cachedDecision !== undefined) return cachedDecision;
  const isUnchanged = outcome.changes.length === 0 && decision.runtimeClass.class === null;
  return isUnchanged ? UNCHANGED[outcome.mode] : null;
}

/** `/mutate` changes Pods at their creation. It never denies or warns: `/validate` sees the same Pod and reports. */
export function createMutate({ assess, logDecision }: WebhookDeps): Webhook {
  const answers = new WeakMap<object, Answer>();

  function answerOnce(assessment: Assessment, pod: Pod): Answer {
    if (assessment.kind === 'skipped') return allowed({ auditAnnotations: { skipped: assessment.reason } });
    const like = likeness(assessment);
    if (like === null) return answerMutation(assessment, pod);
    const known = answers.get(like);
    if (known !== undefined) return known;
    const first = prepare(answerMutation(assessment, pod));
    answers.set(like, first);
    return first;
  }

  return (request, deadline, started) => {
    if (request.operation !== 'CREATE') return allowed();
    const read = readSubject(request);
    if (read.subject !== 'pod') return allowed();
    const { pod } = read;
    const { namespace } = request;
    const assessing = assess({ subject: 'pod', pod, namespace, step: 'mutate', deadline });
    return whenKnown(assessing, (assessment) => {
      const answer = answerOnce(assessment, pod);
      // A second call for a Pod that has its changes logs nothing; /validate logs denials.
      if (answer.kind === 'patched' && assessment.kind === 'decided') {
        const milliseconds = performance.now() - started;
        logDecision?.({ request, pod, assessment, outcome: 'changed', milliseconds });
      }
      return answer;
    });
  };
}

/**
 * `/validate` denies Pods and warns; it never changes anything. It only warns about workloads, unless the operator wants them
 * denied (`policy.refuseTemplates`).
 */
export function createValidate({ assess, logDecision }: WebhookDeps): Webhook {
  return (request, deadline, started) => {
    const { namespace, dryRun: isDryRun } = request;
    const { kind } = request.kind;
    const read = readSubject(request);
    if (read.subject === 'none' || read.subject === 'broken') return answerNotJudged(read, kind);
    const assessing = assess({ ...read, namespace, step: 'validate', deadline, isDryRun });
    return whenKnown(assessing, (assessment) => {
      if (assessment.kind === 'skipped') return answerSkipped(assessment.reason, assessment.notes);
      const answer = answerDecided(assessment, { kind, namespace });
      const outcome = outcomeOf(assessment, 'validate');
      if (isLogged(outcome, kind)) {
        const milliseconds = performance.now() - started;
        logDecision?.({ request, pod: read.pod, assessment, outcome, milliseconds });
      }
      return answer;
    });
  };
}
