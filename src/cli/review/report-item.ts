import { reportVerdict } from '../../assess/inspect/image-report.ts';
import { formatField, formatPointer } from '../../pod/json-pointer.ts';
import type { RatedFinding } from '../../policy/decision.ts';
import type { OpenMatter, Refused, ReportedClass, ReportedFinding, ReportItem } from './report.ts';
import type { DecidedReview, LeftReview, Reviewed } from './review-subject.ts';

/** What of the cluster is known, beyond what it holds. */
export interface Knowledge {
  /** False offline, where no RuntimeClass is among the facts: that may mean none, or that nobody named the facts. */
  readonly knowsClasses: boolean;
}

function unknownContainers({ assessment }: DecidedReview): ReadonlySet<string> {
  const unknown = assessment.containers.filter(
    ({ verdict, isSkipped }) => verdict.kind === 'unknown' && !isSkipped,
  );
  return new Set(unknown.map(({ container }) => container.name));
}

/** What is refused for a reason that is certain: neither an image nor a class that is not known has a part in it. */
function refusesOf(review: DecidedReview): Refused | null {
  const unknown = unknownContainers(review);
  const isCertain = ({ container }: RatedFinding): boolean => container === null || !unknown.has(container);
  const { outcome, isBinding } = review.assessment;
  if (!outcome.refusals.some(isCertain)) return null;
  return isBinding ? 'object' : 'pods';
}

/** What a controller wrote is let in, as the webhook does; what it was made from is there to be reviewed, and mended. */
function isRefused({ subject }: DecidedReview, refuses: Refused | null): boolean {
  const { asked } = subject;
  return (
    refuses === 'object' || (refuses === 'pods' && !(asked.subject === 'template' && asked.isControlled))
  );
}

/**
 * Whatever the policy does with unknown images: here nobody waits for an admission, and what is not known is said to be so.
 */
function openMatters(review: DecidedReview): readonly OpenMatter[] {
  const hangsOnImages = unknownContainers(review).size > 0;
  const hangsOnClasses = review.assessment.hangsOnClasses === true;
  return [
    ...(hangsOnImages ? (['images'] as const) : []),
    ...(hangsOnClasses ? (['runtime-classes'] as const) : []),
  ];
}

/** What is refused for a reason that is certain stays refused, whatever else is open. */
function outcomeOf(review: DecidedReview): Pick<ReportItem, 'outcome' | 'refuses' | 'hangsOn'> {
  const refuses = refusesOf(review);
  if (isRefused(review, refuses)) return { outcome: 'refused', refuses, hangsOn: [] };
  const hangsOn = openMatters(review);
  if (hangsOn.length > 0) return { outcome: 'undecided', refuses, hangsOn };
  return { outcome: review.patch.length > 0 ? 'changed' : 'admitted', refuses, hangsOn };
}

function classOf(
  { runtimeClass, subject }: DecidedReview,
  { knowsClasses }: Knowledge,
): ReportedClass | null {
  const { class: found, origin } = runtimeClass;
  if (found !== null) return { name: found.name, handler: found.handler, origin };
  const named = subject.asked.pod.spec.runtimeClassName;
  return named === undefined || named === null || named === ''
    ? null
    : { name: named, handler: null, origin: knowsClasses ? origin : 'pod' };
}

function findingOf({ id, severity, action, container, detail, advice }: RatedFinding): ReportedFinding {
  return { id, severity, action, container, message: detail, advice };
}

/** Nothing can be said of it, so that nobody should take it for passed. */
export function isBroken({ subject }: LeftReview): boolean {
  return subject.kind === 'left' && subject.isBroken;
}

function reportLeft(review: LeftReview): ReportItem {
  const { source } = review.subject;
  const nothing = { changes: [], patch: [], findings: [], images: [] };
  const told = isBroken(review)
    ? ({ outcome: 'undecided', refuses: null, hangsOn: ['manifest'] } as const)
    : ({ outcome: 'skipped', refuses: null, hangsOn: [] } as const);
  return { source, ...told, mode: null, runtimeClass: null, ...nothing };
}

/** What is told of a reviewed object. */
export function reportItem(review: Reviewed, knowledge: Knowledge): ReportItem {
  if (review.kind === 'left') return reportLeft(review);
  const { assessment, patch, subject } = review;
  const prefix = formatPointer(subject.path);
  return {
    source: subject.source,
    ...outcomeOf(review),
    mode: assessment.outcome.mode,
    runtimeClass: classOf(review, knowledge),
    changes: review.changes.map(({ path, value, reason }) => ({
      field: formatField(prefix + path),
      value,
      reason,
    })),
    patch,
    findings: assessment.decision.findings.map(findingOf),
    images: assessment.containers.map(({ container, image, verdict }) => ({
      container: container.name,
      image,
      verdict: reportVerdict(verdict),
    })),
  };
}

/** Worth saying although it is no finding: why nothing was judged, a namespace label that is none. */
export function remarksOf(review: Reviewed): readonly string[] {
  return review.kind === 'left' ? [review.reason, ...review.notes] : review.assessment.notes;
}
