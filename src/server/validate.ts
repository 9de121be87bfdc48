import { answerDecided, answerSkipped, answerLeftAlone } from '../admission/answer-assessment.ts';
import { readSubject } from '../admission/read-subject.ts';
import type { Answer } from '../admission/response.ts';
import type { Assessment } from '../assess/assessment.ts';
import { whenKnown } from '../lib/maybe-promise.ts';
import type { AnswerRequest, AnswerDeps } from './answer-request.ts';

function answer(assessment: Assessment, kind: string): Answer {
  return assessment.kind === 'skipped'
    ? answerSkipped(assessment.reason, assessment.notes)
    : answerDecided(assessment, kind);
}

/**
 * `/validate` refuses Pods, warns and tells; it never changes. Of workloads it only warns, unless the operator wants them
 * refused (`policy.refuseTemplates`).
 */
export function createValidate({ assess }: AnswerDeps): AnswerRequest {
  return (request, deadline) => {
    const { namespace, dryRun: isDryRun } = request;
    const { kind } = request.kind;
    const read = readSubject(request);
    if (read.subject === 'none' || read.subject === 'broken') return answerLeftAlone(read, kind);
    const assessing = assess({ ...read, namespace, step: 'validate', deadline, isDryRun });
    return whenKnown(assessing, (assessment) => answer(assessment, kind));
  };
}
