import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../../reviews/', import.meta.url);

export interface Review {
  readonly apiVersion: string;
  readonly kind: string;
  readonly request: Readonly<Record<string, unknown>> & {
    readonly uid: string;
    readonly operation: string;
    readonly object: Readonly<Record<string, unknown>>;
  };
}

export const REVIEW_FILES: readonly string[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .toSorted();

/** @param start of the file's name, such as its number: `03` */
export function readReview(start: string): Review {
  const file = REVIEW_FILES.find((name) => name.startsWith(start));
  if (file === undefined) throw new Error(`there is no review "${start}"`);
  return JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Review;
}

/** The same question about another object. */
export function withObject(review: Review, object: unknown): object {
  return { ...review, request: { ...review.request, object } };
}
