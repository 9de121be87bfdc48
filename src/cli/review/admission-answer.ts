import { answerDecided, answerSkipped } from '../../admission/answer-assessment.ts';
import { patched, type Answer } from '../../admission/response.ts';
import type { Reviewed } from './review-subject.ts';

/** What the API server would be answered, both webhooks' words in one: the patch of the one, the rest of the other. */
export function admissionAnswer(review: Reviewed): Answer {
  if (review.kind === 'left') {
    const { subject, reason, notes } = review;
    return subject.kind === 'left' ? subject.answer : answerSkipped(reason, notes);
  }
  const { assessment, subject, patch } = review;
  const answer = answerDecided(assessment, subject.source);
  const isPod = subject.asked.subject === 'pod';
  return answer.kind === 'allowed' && isPod ? patched(patch, answer.remarks) : answer;
}
