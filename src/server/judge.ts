import type { AdmissionRequest } from '../admission/review.ts';
import type { Answer } from '../admission/response.ts';
import type { AssessPod } from '../assess/assessment.ts';
import type { Deadline } from '../assess/deadline.ts';
import type { Eventually } from '../assess/eventually.ts';
import { AppError } from '../errors.ts';
import { isObject, property } from '../image/json.ts';

/** One of the two webhooks: a request in, an answer out; what it throws is a fault of our own. */
export type Judge = (request: AdmissionRequest, deadline: Deadline) => Eventually<Answer>;

export interface JudgeDeps {
  readonly assess: AssessPod;
}

/** A Pod itself, or the one sub-resource that brings it containers; not somebody else's kind of that name. */
export function isPodRequest({ kind, subResource }: AdmissionRequest): boolean {
  const isWhole = subResource === '' || subResource === 'ephemeralcontainers';
  return kind.kind === 'Pod' && kind.group === '' && isWhole;
}

/** The object that the request would store, or null where nothing is to be judged: deletions, and what is being deleted. */
export function storedObject({ operation, object }: AdmissionRequest): unknown {
  if (operation !== 'CREATE' && operation !== 'UPDATE') return null;
  const metadata = isObject(object) ? property(object, 'metadata') : undefined;
  const deleted = isObject(metadata) ? property(metadata, 'deletionTimestamp') : undefined;
  return deleted === undefined || deleted === null ? object : null;
}

/** A Pod with broken fields is no fault of ours; the API server refuses it itself, in its own words. */
export function readOrExplain<Read>(read: () => Read): Read | AppError {
  try {
    return read();
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid-pod') return error;
    throw error;
  }
}
