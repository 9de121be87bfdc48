import { stripControlCharacters } from '../../lib/strip-control-characters.ts';
import type { Io } from '../io.ts';
import { describeObject, describePlace } from './describe-source.ts';
import type { Output } from './outputs.ts';
import { isBroken, remarksOf } from './report-item.ts';
import type { PassedOver } from './report.ts';
import type { Reviewed } from './review-subject.ts';
import { advicesOn, unknownImages } from './unknown-images.ts';

const DEFAULTS = {
  /** Images told of one by one: where more of them are not known, what they have in common is what to look for. */
  toldImages: 10,
} as const;

function whereOf({ subject }: Reviewed): string {
  return `${describePlace(subject.source)}, ${describeObject(subject.source)}`;
}

function tell({ stderr }: Io, label: string, text: string): void {
  stderr.write(`${label}: ${stripControlCharacters(text)}\n`);
}

/** Else exit code 3 would come without a word; in JSON the findings say it where there are any. */
function writeOpenQuestions(output: Output, io: Io, reviews: readonly Reviewed[]): void {
  const open = reviews.flatMap((review) =>
    unknownImages(review)
      .filter(({ isFound }) => output !== 'json' || !isFound)
      .map((question) => ({ question, where: whereOf(review) })),
  );
  for (const { question, where } of open.slice(0, DEFAULTS.toldImages)) {
    tell(io, 'Undecided', `${where}: container "${question.container}": ${question.detail}`);
  }
  const more = open.length - DEFAULTS.toldImages;
  if (more > 0) tell(io, 'Undecided', `and ${more} more`);
  for (const advice of advicesOn(open.map(({ question }) => question))) tell(io, 'To decide', advice);
}

/** Left alone on purpose, which is no fault of the manifest's. */
function isSkipped(review: Reviewed): boolean {
  return review.kind === 'left' && !isBroken(review) && review.notes.length === 0;
}

/** Beside an output that programs read, people are told on standard error. */
export function writeRemarks(output: Output, io: Io, reviews: readonly Reviewed[]): void {
  for (const review of reviews) {
    const label = isSkipped(review) ? 'Skipped' : 'Warning';
    for (const remark of remarksOf(review)) tell(io, label, `${whereOf(review)}: ${remark}`);
  }
  writeOpenQuestions(output, io, reviews);
}

/** `Service web`, or that it is none. */
function describePassedOver({ kind, name }: PassedOver): string {
  return kind === '' ? 'no Kubernetes object' : describeObject({ kind, namespace: '', name });
}

export function writePassedOver(io: Io, passedOver: readonly PassedOver[]): void {
  for (const document of passedOver) {
    tell(io, 'Passed over', `${describePlace(document)}: ${describePassedOver(document)}`);
  }
}
