import { annotateMutation } from '../admission/describe-outcome.ts';
import { createPatch } from '../admission/json-patch.ts';
import { allowed, patched } from '../admission/response.ts';
import { AppError } from '../errors.ts';
import { readPod } from '../pod/read-pod.ts';
import { isPodRequest, readOrExplain, storedObject, type Judge, type JudgeDeps } from './judge.ts';

/** `/mutate` changes Pods at their creation; it never refuses and never warns: `/validate` sees the same Pod and tells. */
export function createMutate({ assess }: JudgeDeps): Judge {
  return async (request, deadline) => {
    if (request.operation !== 'CREATE' || !isPodRequest(request)) return allowed();
    const object = storedObject(request);
    if (object === null) return allowed();
    const pod = readOrExplain(() => readPod(object));
    if (pod === null || pod instanceof AppError) return allowed();
    const assessment = await assess({
      subject: 'pod',
      pod,
      namespace: request.namespace,
      step: 'mutate',
      deadline,
    });
    if (assessment.kind === 'skipped') return allowed({ auditAnnotations: { skipped: assessment.reason } });
    const { changes } = assessment.outcome;
    const operations = changes.length === 0 ? [] : createPatch(pod, changes);
    return patched(operations, { auditAnnotations: annotateMutation(assessment) });
  };
}
