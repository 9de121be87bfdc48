import type { Answer } from '../admission/response.ts';
import type { AdmissionRequest } from '../admission/review.ts';
import type { AssessPod } from '../assess/assessment.ts';
import type { Deadline } from '../assess/deadline.ts';
import type { MaybePromise } from '../lib/maybe-promise.ts';

/** One of the two webhooks: a request in, an answer out; what it throws is a fault of our own. */
export type AnswerRequest = (request: AdmissionRequest, deadline: Deadline) => MaybePromise<Answer>;

export interface AnswerDeps {
  readonly assess: AssessPod;
}
