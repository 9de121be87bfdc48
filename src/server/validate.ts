import { answerJudged, answerSkipped } from '../admission/answer-judgement.ts';
import { allowed, type Answer } from '../admission/response.ts';
import type { AdmissionRequest } from '../admission/review.ts';
import type { Assessment, AssessmentRequest } from '../assess/assessment.ts';
import { whenKnown } from '../assess/eventually.ts';
import { AppError } from '../errors.ts';
import { changedImages } from '../pod/changed-images.ts';
import { isControlled } from '../pod/is-controlled.ts';
import type { Pod } from '../pod/pod.ts';
import { readPod } from '../pod/read-pod.ts';
import { podOfTemplate } from '../pod/workloads.ts';
import { isPodRequest, readOrExplain, storedObject, type Judge, type JudgeDeps } from './judge.ts';

type Subject = Pick<AssessmentRequest, 'subject' | 'pod' | 'isControlled' | 'previous'>;

/** Most updates of a Pod are labels, annotations and conditions: nothing to look at. */
function readUpdate({ oldObject }: AdmissionRequest, pod: Pod): Subject | null {
  const previous = readPod(oldObject);
  return changedImages(previous, pod) === null ? null : { subject: 'pod', pod, previous };
}

/** A Pod at its creation or with an image that is new, or the template of a workload; null for all else. */
function readSubject(request: AdmissionRequest): Subject | AppError | null {
  const object = storedObject(request);
  if (object === null) return null;
  return readOrExplain(() => {
    if (isPodRequest(request)) {
      const pod = readPod(object);
      return request.operation === 'CREATE' ? { subject: 'pod', pod } : readUpdate(request, pod);
    }
    const template = request.subResource === '' ? podOfTemplate(object, request.kind) : null;
    if (template === null) return null;
    return { subject: 'template', pod: template, isControlled: isControlled(object) };
  });
}

function notJudged(error: AppError, kind: string): Answer {
  const warnings = [`wasmgate: this ${kind} was not judged. ${error.message}`];
  return allowed({ warnings, auditAnnotations: { outcome: 'not-judged' } });
}

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
    const subject = readSubject(request);
    if (subject === null) return allowed();
    const { kind } = request.kind;
    if (subject instanceof AppError) return notJudged(subject, kind);
    const { namespace, dryRun: isDryRun } = request;
    const assessing = assess({ ...subject, namespace, step: 'validate', deadline, isDryRun });
    return whenKnown(assessing, (assessment) => answer(assessment, kind));
  };
}
