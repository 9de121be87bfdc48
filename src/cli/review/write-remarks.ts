import { printable } from '../../printable.ts';
import type { Io } from '../io.ts';
import { remarksOf } from './report-item.ts';
import type { Output } from './outputs.ts';
import type { Reviewed } from './review-subject.ts';

function whereOf({ subject }: Reviewed): string {
  const { file, document, kind, namespace, name } = subject.source;
  return `${file}, document ${document}, ${kind} ${namespace}/${name}`;
}

interface OpenQuestion {
  readonly what: string;
  readonly advice: string | null;
}

/** The images of which it is not known what they are. */
function openQuestions(review: Reviewed): readonly OpenQuestion[] {
  if (review.kind === 'left') return [];
  return review.judgement.containers.flatMap(({ container, verdict, isSkipped }) => {
    if (verdict.kind !== 'unknown' || isSkipped) return [];
    const what = `${whereOf(review)}: container "${container.name}": ${verdict.detail}`;
    return { what, advice: verdict.advice };
  });
}

/** For outputs without room for findings: else exit code 3 would come without a word. */
function writeOpenQuestions({ stderr }: Io, reviews: readonly Reviewed[]): void {
  const questions = reviews.flatMap(openQuestions);
  for (const { what } of questions) stderr.write(`Undecided: ${printable(what)}\n`);
  // An unreachable registry is one thing to mend, however many images it has.
  const advices = new Set(questions.flatMap(({ advice }) => advice ?? []));
  for (const advice of advices) stderr.write(`To decide: ${printable(advice)}\n`);
}

/** Beside an output that programs read, people are told on standard error. */
export function writeRemarks(output: Output, io: Io, reviews: readonly Reviewed[]): void {
  for (const review of reviews) {
    const isTold = output === 'json' || review.kind === 'left';
    const remarks = isTold ? remarksOf(review) : review.judgement.notes;
    for (const remark of remarks) {
      io.stderr.write(`Warning: ${printable(`${whereOf(review)}: ${remark}`)}\n`);
    }
  }
  if (output !== 'json') writeOpenQuestions(io, reviews);
}
