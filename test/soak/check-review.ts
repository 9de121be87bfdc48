import { randomUUID } from 'node:crypto';
import jsonPatch, { type Operation } from 'fast-json-patch';
import type { FuzzedReview } from './fuzz-review.ts';

/** Sends a body to a path; resolves with status and text. */
export type Send = (
  path: string,
  body: string,
) => Promise<{ readonly status: number; readonly text: string }>;

interface Response {
  readonly uid: string;
  readonly allowed: boolean;
  readonly patch?: string;
  readonly patchType?: string;
}

const DEFAULTS = {
  /** A finished lookup or a new configuration may change the answer between two requests. */
  tries: 5,
} as const;

type Review = FuzzedReview['review'];

export class ReviewFault extends Error {}

async function ask(send: Send, path: string, review: Review): Promise<Response> {
  const { uid } = review.request;
  const { status, text } = await send(path, JSON.stringify(review));
  if (status !== 200) throw new ReviewFault(`HTTP ${status}: ${text.slice(0, 300)}`);
  const { response } = JSON.parse(text) as { readonly response: Response };
  if (response.uid !== uid) throw new ReviewFault(`uid ${response.uid} for ${uid}`);
  return response;
}

function patchOf({ patch }: Response): readonly Operation[] {
  return patch === undefined ? [] : (JSON.parse(Buffer.from(patch, 'base64').toString()) as Operation[]);
}

function withObject(review: Review, object: Review['request']['object']): Review {
  return { ...review, request: { ...review.request, uid: randomUUID(), object } };
}

/** The API server applies a patch strictly, and rejects the object if one operation fails. */
function applied(review: Review, operations: readonly Operation[]): Review {
  try {
    const copy = structuredClone(review.request.object) as object;
    const { newDocument } = jsonPatch.applyPatch(copy, [...operations], true);
    return withObject(review, newDocument as Review['request']['object']);
  } catch (error) {
    throw new ReviewFault(
      `the patch does not apply: ${JSON.stringify(operations)}: ${(error as Error).name}`,
    );
  }
}

/**
 * Sends a review and checks the answer: no fault, the same uid, a patch that applies, and none for the patched object.
 * Returns whether the object was changed. @throws ReviewFault
 */
export async function checkReview(send: Send, { path, review }: FuzzedReview): Promise<boolean> {
  let first = patchOf(await ask(send, path, review));
  if (path === '/validate' && first.length > 0) throw new ReviewFault('/validate changes an object');
  if (first.length === 0) return false;
  for (let tries = 0; tries < DEFAULTS.tries; tries += 1) {
    const second = patchOf(await ask(send, path, applied(review, first)));
    if (second.length === 0) return true;
    const again = patchOf(await ask(send, path, withObject(review, review.request.object)));
    if (JSON.stringify(again) === JSON.stringify(first))
      throw new ReviewFault(`a second patch: ${JSON.stringify(second)} after ${JSON.stringify(first)}`);
    first = again;
  }
  return true;
}
