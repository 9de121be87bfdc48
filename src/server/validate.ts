import { answerJudged, answerSkipped, answerUnjudged } from '../admission/answer-judgement.ts';
import { readSubject } from '../admission/read-subject.ts';
import type { Answer } from '../admission/response.ts';
import type { Assessment } from '../assess/assessment.ts';
import { whenKnown } from '../assess/eventually.ts';
import type { Judge, JudgeDeps } from './judge.ts';

function answer(assessment: Assessment, kind: string): Answer {
  return assessment.kind === 'skipped'
    ? answerSkipped(assessment.reason, assessment.notes)
    : answerJudged(assessment, kind);
}

/**
 * `/validate` refuses Pods, warns and tells; it never changes. Of workloads it only warns, unless the operator wants them
 * refused (`policy.refuseTemplates`).
 */
export function createValidate({ assess }: JudgeDeps): Judge {
  return (request, deadline) => {
    const { namespace, dryRun: isDryRun } = request;
    const { kind } = request.kind;
    const read = readSubject(request);
    if (read.subject === 'none' || read.subject === 'broken') return answerUnjudged(read, kind);
    const assessing = assess({ ...read, namespace, step: 'validate', deadline, isDryRun });
    return whenKnown(assessing, (assessment) => answer(assessment, kind));
  };
}
