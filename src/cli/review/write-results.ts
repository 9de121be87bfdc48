import { writeReview } from '../../admission/response.ts';
import type { Io } from '../io.ts';
import { createPage } from '../page.ts';
import { plainJson } from '../plain-json.ts';
import { toYaml } from '../to-yaml.ts';
import { admissionAnswer } from './admission-answer.ts';
import type { Output } from './outputs.ts';
import { renderReviewDiff } from './render-review-diff.ts';
import { renderAdvices, renderItem, renderSummary, type Beside } from './render-table.ts';
import { remarksOf } from './report-item.ts';
import type { Report } from './report.ts';
import type { ReviewedInput } from './review-input.ts';
import type { Reviewed } from './review-subject.ts';
import { advicesOn, unknownImages } from './unknown-images.ts';
import { writeRemarks } from './write-remarks.ts';

function besideOf(review: Reviewed | undefined): Beside {
  if (review === undefined) return { remarks: [], questions: [] };
  return { remarks: remarksOf(review), questions: unknownImages(review) };
}

function writeTable({ stdout }: Io, { reviews }: ReviewedInput, { items, summary }: Report): void {
  const page = createPage(stdout);
  for (const [index, item] of items.entries()) {
    stdout.write(`${renderItem(page, item, besideOf(reviews[index]))}\n`);
  }
  const untold = reviews.flatMap(unknownImages).filter(({ isFound }) => !isFound);
  stdout.write(renderAdvices(page, advicesOn(untold)) + renderSummary(page, summary));
}

/** Every object of the reviewed files, so that what goes on to `kubectl apply` is the whole. */
function writeYaml({ stdout }: Io, { objects, reviews }: ReviewedInput): void {
  const results = new Map(
    reviews.flatMap((review) =>
      review.kind === 'decided' ? [[review.subject.object, review.result] as const] : [],
    ),
  );
  stdout.write(objects.map((object) => toYaml(results.get(object) ?? object)).join('---\n'));
}

function answerLine(review: Reviewed, index: number): string {
  const answer = writeReview(review.subject.uid ?? `review-${index + 1}`, admissionAnswer(review));
  return `${plainJson(answer)}\n`;
}

/** One line for each object, in order: `[]` where nothing is changed. */
function patchLine(review: Reviewed): string {
  return `${plainJson(JSON.stringify(review.kind === 'decided' ? review.patch : []))}\n`;
}

export function writeResults(
  output: Output,
  io: Io,
  { input, report }: { input: ReviewedInput; report: Report },
): void {
  const { stdout } = io;
  const { reviews } = input;
  if (output === 'table') {
    writeTable(io, input, report);
    return;
  }
  writeRemarks(output, io, reviews);
  switch (output) {
    case 'json':
      stdout.write(`${plainJson(JSON.stringify(report, null, 2))}\n`);
      return;
    case 'yaml':
      writeYaml(io, input);
      return;
    case 'diff':
      stdout.write(reviews.map((review) => renderReviewDiff(createPage(stdout), review)).join(''));
      return;
    case 'patch':
      stdout.write(reviews.map(patchLine).join(''));
      return;
    case 'admissionreview':
      stdout.write(reviews.map(answerLine).join(''));
      return;
  }
}
