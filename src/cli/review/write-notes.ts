import type { Reviewed } from '../../audit/judge-subjects.ts';
import { distinctAdvice, isBroken, remarksOf, unknownImages } from '../../audit/report-review.ts';
import { stripControlCharacters } from '../../lib/strip-control-characters.ts';
import { defuse, type Io } from '../io.ts';
import { describeOpenFacts } from '../item-lines.ts';
import { isKustomization } from './manifests.ts';
import type { Target } from './object-arguments.ts';
import type { Input } from './read-manifests.ts';
import { describeObject, describePlace, type PassedOver, type Report, type ReviewOutput } from './report.ts';

/** Unknown images, or notes about image files, listed one by one. If there are more, they probably have a common cause. */
const MAX_LISTED_IMAGES = 10;

function writeNote({ stderr }: Io, label: string, text: string): void {
  stderr.write(`${label}: ${defuse(stripControlCharacters(text))}\n`);
}

/** What the output shows: reviews, and the items of the report in the same order. */
export interface Shown extends Pick<Report, 'items' | 'unreadable'> {
  readonly reviews: readonly Reviewed[];
}

interface Context {
  readonly input: Input;
  /** The configuration that was used; null without a cluster. */
  readonly configuration: string | null;
  /** Notes on the files of `--images`. */
  readonly aboutImages: readonly string[];
  readonly target: Target;
}

/** Writes the notes about the review as a whole, for every output. */
export function writeNotes(
  io: Io,
  { input: { manifests, others }, target, configuration, aboutImages }: Context,
  reviews: readonly Reviewed[],
): void {
  if (configuration !== null) writeNote(io, 'Configuration', configuration);
  for (const note of aboutImages.slice(0, MAX_LISTED_IMAGES)) writeNote(io, 'Note', note);
  const more = aboutImages.length - MAX_LISTED_IMAGES;
  if (more > 0) writeNote(io, 'Note', `${more} more of these notes about image files`);
  if (target.kind === 'objects' && manifests.length === 0) writeNote(io, 'Note', 'no such objects found');
  for (const path of target.kind === 'files' ? target.lookalikes : [])
    writeNote(
      io,
      'Note',
      `"${path}" exists here, so it was reviewed as a file. Use another name of the type for the cluster’s`,
    );
  if (
    configuration === null &&
    reviews.some((review) => review.kind === 'decided' && review.hangsOn.includes('runtime-classes'))
  ) {
    const note =
      'no RuntimeClasses given; results that depend on them are undecided. Pass them with --facts FILE, or read a cluster’s with --live.';
    writeNote(io, 'Note', note);
  }
  if (others.some(isKustomization)) {
    const note =
      'the files of a kustomization do not show what it changes. Review its output: kubectl kustomize FOLDER | wasmgate review -f -';
    writeNote(io, 'Note', note);
  }
}

function whereOf({ subject }: Reviewed): string {
  return `${describePlace(subject.source)}, ${describeObject(subject.source)}`;
}

/** Explains exit code 3. In JSON, the findings do so if there are any. */
function writeUnknownImages(output: ReviewOutput, io: Io, reviews: readonly Reviewed[]): void {
  const unknown = reviews.flatMap((review) =>
    unknownImages(review)
      .filter(({ hasFinding }) => output !== 'json' || !hasFinding)
      .map((image) => ({ image, where: whereOf(review) })),
  );
  for (const { image, where } of unknown.slice(0, MAX_LISTED_IMAGES)) {
    writeNote(io, 'Undecided', `${where}: container "${image.container}": ${image.detail}`);
  }
  const more = unknown.length - MAX_LISTED_IMAGES;
  if (more > 0) writeNote(io, 'Undecided', `and ${more} more`);
  for (const advice of distinctAdvice(unknown.map(({ image }) => image))) writeNote(io, 'To resolve', advice);
}

/** Explains exit code 3 by facts that could not be read; JSON says so in `hangsOn`. */
function writeUnreadFacts(io: Io, { reviews, items, unreadable }: Shown): void {
  const facts = unreadable.map(({ fact }) => fact);
  for (const [index, review] of reviews.entries()) {
    const item = items[index];
    const text = item === undefined ? null : describeOpenFacts(item, facts);
    if (text !== null) writeNote(io, 'Undecided', `${whereOf(review)}: ${text}`);
  }
}

/** Outputs that show changes only, and the log that a pipeline uploads. */
const OUTPUTS_WITHOUT_DENIALS: ReadonlySet<ReviewOutput> = new Set<ReviewOutput>([
  'diff',
  'patch',
  'yaml',
  'sarif',
]);

/** Explains exit code 1 in one line for each object that is denied, or whose Pods are. */
function writeDenials(io: Io, { reviews, items }: Shown): void {
  for (const [index, review] of reviews.entries()) {
    const { outcome, refuses, findings } = items[index] ?? {};
    if (outcome !== 'refused' || findings === undefined) continue;
    const whose = refuses === 'pods' ? 'its Pods: ' : '';
    const denials = findings
      .filter(({ action, isDoubtful }) => action === 'deny' && isDoubtful !== true)
      .map(({ id, message, advice }) => `${id}. Fix: ${advice === '' ? message : advice}`);
    writeNote(io, 'Denied', `${whereOf(review)}: ${whose}${denials.join(' ')}`);
  }
}

/** Reports whether wasmgate skipped it on purpose, so that there is nothing to fix. */
function isSkipped(review: Reviewed): boolean {
  return review.kind === 'left' && !isBroken(review) && review.notes.length === 0;
}

/** Writes to standard error what the table shows, for outputs that programs read. */
export function writeRemarks(output: ReviewOutput, io: Io, shown: Shown): void {
  const { reviews } = shown;
  for (const review of reviews) {
    const label = isSkipped(review) ? 'Skipped' : 'Warning';
    for (const remark of remarksOf(review)) writeNote(io, label, `${whereOf(review)}: ${remark}`);
  }
  // Annotations say why something is undecided.
  if (output !== 'github') writeUnknownImages(output, io, reviews);
  if (output !== 'json' && output !== 'github') writeUnreadFacts(io, shown);
  if (OUTPUTS_WITHOUT_DENIALS.has(output)) writeDenials(io, shown);
}

export function writePassedOver(io: Io, passedOver: readonly PassedOver[]): void {
  for (const document of passedOver) {
    const { kind, name } = document;
    const what = kind === '' ? 'no Kubernetes object' : describeObject({ kind, namespace: '', name });
    writeNote(io, 'Passed over', `${describePlace(document)}: ${what}`);
  }
}
