import { stripControlCharacters } from '../../lib/strip-control-characters.ts';
import type { Page } from '../page.ts';
import { renderDiff } from '../render-diff.ts';
import { describeObject, describePlace } from './describe-source.ts';
import type { Reviewed } from './review-subject.ts';

/** What would be different in a reviewed object, under what `diff -u` would call it; empty where nothing would be. */
export function renderReviewDiff(page: Page, review: Reviewed): string {
  if (review.kind === 'left' || review.patch.length === 0) return '';
  const { source } = review.subject;
  const head = [
    `--- ${describePlace(source)}`,
    `+++ ${describeObject(source)}, as wasmgate would have it`,
  ].map((line) => page.paint('bold', stripControlCharacters(line)));
  const lines = renderDiff(page, review.subject.object, review.result);
  return `${[...head, ...lines].join('\n')}\n`;
}
