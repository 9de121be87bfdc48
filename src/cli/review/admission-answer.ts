import { answerJudged, answerSkipped } from '../../admission/answer-judgement.ts';
import { patched, type Answer } from '../../admission/response.ts';
import type { Reviewed } from './review-subject.ts';

/** What the API server would be answered, both webhooks' words in one: the patch of the one, the rest of the other. */
export function admissionAnswer(review: Reviewed): Answer {
  if (review.kind === 'left') return answerSkipped(review.reason, review.notes);
  const { judgement, subject, patch } = review;
  const answer = answerJudged(judgement, subject.source.kind);
  return answer.kind === 'allowed' && subject.kind === 'pod' ? patched(patch, answer.remarks) : answer;
}
