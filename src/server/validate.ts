import { annotateValidation, describeDenial, describeWarnings } from '../admission/describe-outcome.ts';
import { allowed, denied, type Answer } from '../admission/response.ts';
import type { AdmissionRequest } from '../admission/review.ts';
import type { Assessment } from '../assess/assessment.ts';
import { AppError } from '../errors.ts';
import type { Pod } from '../pod/pod.ts';
import { readPod } from '../pod/read-pod.ts';
import { podOfTemplate } from '../pod/workloads.ts';
import { isPodRequest, readOrExplain, storedObject, type Judge, type JudgeDeps } from './judge.ts';

/** A Pod at its creation, or the template of a workload; null for all else. */
function readSubject(request: AdmissionRequest): Pod | AppError | null {
  const object = storedObject(request);
  if (object === null || request.subResource !== '') return null;
  if (!isPodRequest(request)) return readOrExplain(() => podOfTemplate(object, request.kind));
  return request.operation === 'CREATE' ? readOrExplain(() => readPod(object)) : null;
}

function notJudged(error: AppError, kind: string): Answer {
  const warnings = [`wasmgate: this ${kind} was not judged. ${error.message}`];
  return allowed({ warnings, auditAnnotations: { outcome: 'not-judged' } });
}

function answer(assessment: Assessment, kind: string): Answer {
  if (assessment.kind === 'skipped') {
    const warnings = assessment.notes.map((note) => `wasmgate: ${note}`);
    return allowed({ warnings, auditAnnotations: { outcome: 'skipped', skipped: assessment.reason } });
  }
  const remarks = {
    warnings: describeWarnings(assessment, kind),
    auditAnnotations: annotateValidation(assessment, kind),
  };
  const { refusals } = assessment.outcome;
  return kind === 'Pod' && refusals.length > 0 ? denied(describeDenial(refusals), remarks) : allowed(remarks);
}

/**
 * `/validate` refuses Pods, warns and tells; it never changes. Workloads are only ever warned about: a refused Deployment
 * would be news to whoever applied it, but a refused ReplicaSet makes controllers fight.
 */
export function createValidate({ assess }: JudgeDeps): Judge {
  return async (request, deadline) => {
    const pod = readSubject(request);
    if (pod === null) return allowed();
    const { kind } = request.kind;
    if (pod instanceof AppError) return notJudged(pod, kind);
    const subject = kind === 'Pod' ? 'pod' : 'template';
    return answer(
      await assess({ subject, pod, namespace: request.namespace, step: 'validate', deadline }),
      kind,
    );
  };
}
