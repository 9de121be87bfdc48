import { annotateMutation } from '../admission/describe-outcome.ts';
import { createPatch } from '../admission/json-patch.ts';
import { readSubject } from '../admission/read-subject.ts';
import { allowed, patched, prepare, type Answer } from '../admission/response.ts';
import type { Assessment, DecidedAssessment } from '../assess/assessment.ts';
import { whenKnown } from '../lib/maybe-promise.ts';
import type { Pod } from '../pod/pod.ts';
import type { Mode } from '../policy/mode.ts';
import type { AnswerRequest, AnswerDeps } from './answer-request.ts';

function answer(assessment: DecidedAssessment, pod: Pod): Answer {
  const { changes } = assessment.outcome;
  const operations = changes.length === 0 ? [] : createPatch(pod, changes);
  return patched(operations, { auditAnnotations: annotateMutation(assessment) });
}

/** One for each mode: keys of answers that hold nothing else. */
const SILENCE: Readonly<Record<Mode, object>> = { enforce: {}, warn: {}, audit: {}, off: {} };

/** The same object for assessments that are answered alike; null for one that is like no other. */
function likeness({ precedent, outcome, decision }: DecidedAssessment): object | null {
  if (precedent !== undefined) return precedent;
  const isSilent = outcome.changes.length === 0 && decision.runtimeClass.class === null;
  return isSilent ? SILENCE[outcome.mode] : null;
}

/** `/mutate` changes Pods at their creation; it never refuses and never warns: `/validate` sees the same Pod and tells. */
export function createMutate({ assess }: AnswerDeps): AnswerRequest {
  const answers = new WeakMap<object, Answer>();

  function answerOnce(assessment: Assessment, pod: Pod): Answer {
    if (assessment.kind === 'skipped') return allowed({ auditAnnotations: { skipped: assessment.reason } });
    const like = likeness(assessment);
    if (like === null) return answer(assessment, pod);
    const known = answers.get(like);
    if (known !== undefined) return known;
    const first = prepare(answer(assessment, pod));
    answers.set(like, first);
    return first;
  }

  return (request, deadline) => {
    if (request.operation !== 'CREATE') return allowed();
    const read = readSubject(request);
    if (read.subject !== 'pod') return allowed();
    const { pod } = read;
    const { namespace } = request;
    const assessing = assess({ subject: 'pod', pod, namespace, step: 'mutate', deadline });
    return whenKnown(assessing, (assessment) => answerOnce(assessment, pod));
  };
}
