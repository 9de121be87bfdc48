import { annotateMutation } from '../admission/describe-outcome.ts';
import { createPatch } from '../admission/json-patch.ts';
import { allowed, patched, prepare, type Answer } from '../admission/response.ts';
import type { Assessment, JudgedAssessment } from '../assess/assessment.ts';
import { whenKnown } from '../assess/eventually.ts';
import { AppError } from '../errors.ts';
import type { Pod } from '../pod/pod.ts';
import { readPod } from '../pod/read-pod.ts';
import { isPodRequest, readOrExplain, storedObject, type Judge, type JudgeDeps } from './judge.ts';

function answer(assessment: JudgedAssessment, pod: Pod): Answer {
  const { changes } = assessment.outcome;
  const operations = changes.length === 0 ? [] : createPatch(pod, changes);
  return patched(operations, { auditAnnotations: annotateMutation(assessment) });
}

/** `/mutate` changes Pods at their creation; it never refuses and never warns: `/validate` sees the same Pod and tells. */
export function createMutate({ assess }: JudgeDeps): Judge {
  const answers = new WeakMap<object, Answer>();

  function answerOnce(assessment: Assessment, pod: Pod): Answer {
    if (assessment.kind === 'skipped') return allowed({ auditAnnotations: { skipped: assessment.reason } });
    const { precedent } = assessment;
    if (precedent === undefined) return answer(assessment, pod);
    const known = answers.get(precedent);
    if (known !== undefined) return known;
    const first = prepare(answer(assessment, pod));
    answers.set(precedent, first);
    return first;
  }

  return (request, deadline) => {
    if (request.operation !== 'CREATE' || !isPodRequest(request)) return allowed();
    const object = storedObject(request);
    if (object === null) return allowed();
    const pod = readOrExplain(() => readPod(object));
    if (pod instanceof AppError) return allowed();
    const { namespace } = request;
    const assessing = assess({ subject: 'pod', pod, namespace, step: 'mutate', deadline });
    return whenKnown(assessing, (assessment) => answerOnce(assessment, pod));
  };
}
