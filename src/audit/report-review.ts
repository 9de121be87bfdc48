import type { DecidedAssessment } from '../assess/assessment.ts';
import { reportVerdict } from '../assess/inspect/image-report.ts';
import { formatField, formatPointer } from '../pod/json-pointer.ts';
import type { Pod } from '../pod/pod.ts';
import type { Decision, RatedFinding } from '../policy/decision.ts';
import type { AuditedWorkload, Installation } from './audit-report.ts';
import { reportedName } from './audited-images.ts';
import type { DecidedReview, LeftReview, Reviewed, RunningReview } from './judge-subjects.ts';
import type {
  OpenMatter,
  Refused,
  ReportedClass,
  ReportedFinding,
  ReportedImage,
  ReportedItem,
} from './reported-item.ts';

export interface Knowledge {
  /** False if no RuntimeClass is among the facts, which may mean that there is none, or that the facts are incomplete. */
  readonly knowsClasses: boolean;
  /** Decides whether it helps to recreate Pods. */
  readonly installation: Installation;
}

/** An image that wasmgate could not read. */
export interface UnknownImage {
  readonly container: string;
  /** The reason why it is unknown. */
  readonly detail: string;
  readonly advice: string | null;
  /** True if there is also a finding about this container. */
  readonly hasFinding: boolean;
}

export function unknownImages(review: Reviewed): readonly UnknownImage[] {
  return review.kind === 'decided' ? unknownIn(review.assessment) : [];
}

export function unknownIn({ containers, decision }: DecidedAssessment): readonly UnknownImage[] {
  const withFinding = new Set(decision.findings.map(({ container }) => container));
  return containers.flatMap(({ container, verdict, isSkipped }) => {
    if (verdict.kind !== 'unknown' || isSkipped) return [];
    const { detail, advice } = verdict;
    return { container: container.name, detail, advice, hasFinding: withFinding.has(container.name) };
  });
}

/** Returns each advice once: an unreachable registry is one thing to fix, however many images it has. */
export function distinctAdvice(images: readonly UnknownImage[]): readonly string[] {
  return [...new Set(images.flatMap(({ advice }) => advice ?? []))];
}

/** Returns the findings that depend on an unknown image or fact. */
function doubtfulFindings(review: DecidedReview): ReadonlySet<RatedFinding> {
  const unknown = new Set<string | null>(unknownImages(review).map(({ container }) => container));
  const aboutUnknown = review.assessment.decision.findings.filter(({ container }) => unknown.has(container));
  return new Set([...aboutUnknown, ...review.doubtful]);
}

/** Returns what is denied for a certain reason. */
function refusedBy(review: DecidedReview): Refused | null {
  const doubtful = doubtfulFindings(review);
  const { outcome, isBinding } = review.assessment;
  if (outcome.denials.every((denial) => doubtful.has(denial))) return null;
  return isBinding ? 'object' : 'pods';
}

/** The webhook admits what a controller wrote, because the controller's own object is the one to review and fix. */
function isRefused({ subject }: DecidedReview, refuses: Refused | null): boolean {
  const { request } = subject;
  return (
    refuses === 'object' || (refuses === 'pods' && !(request.subject === 'template' && request.isControlled))
  );
}

/** Lists what is unknown, whatever `policy.onUnknownImage` says: in a review, no admission waits for an answer. */
export function openMatters(
  assessment: DecidedAssessment,
  hangsOn: readonly OpenMatter[],
): readonly OpenMatter[] {
  return [...(unknownIn(assessment).length > 0 ? (['images'] as const) : []), ...hangsOn];
}

/** An object that holds no template is not patched, but its Pods are. */
function isChanged({ patch, subject, assessment }: DecidedReview): boolean {
  return patch.length > 0 || (subject.path === null && assessment.outcome.changes.length > 0);
}

/** A certain denial wins over anything unknown. */
function outcomeOf(review: DecidedReview): Pick<ReportedItem, 'outcome' | 'refuses' | 'hangsOn'> {
  const refuses = refusedBy(review);
  if (isRefused(review, refuses)) return { outcome: 'refused', refuses, hangsOn: [] };
  const hangsOn = openMatters(review.assessment, review.hangsOn);
  if (hangsOn.length > 0) return { outcome: 'undecided', refuses, hangsOn };
  return { outcome: isChanged(review) ? 'changed' : 'admitted', refuses, hangsOn };
}

export function reportClass(
  { class: found, origin }: Decision['runtimeClass'],
  pod: Pod,
  { knowsClasses }: Pick<Knowledge, 'knowsClasses'>,
): ReportedClass | null {
  if (found !== null) return { name: found.name, handler: found.handler, origin };
  const named = pod.spec.runtimeClassName;
  return named === undefined || named === null || named === ''
    ? null
    : { name: named, handler: null, origin: knowsClasses ? origin : 'pod' };
}

function findingsOf(review: DecidedReview): readonly ReportedFinding[] {
  const doubtful = doubtfulFindings(review);
  return review.assessment.decision.findings.map((finding) => {
    const { id, severity, action, container, detail, advice } = finding;
    const doubt = doubtful.has(finding) ? { isDoubtful: true } : {};
    return { id, severity, action, container, message: detail, advice, ...doubt };
  });
}

/** Reports whether the manifest is invalid, so that it must not pass for reviewed. */
export function isBroken({ subject }: LeftReview): boolean {
  return subject.kind === 'left' && subject.isBroken;
}

function reportLeft(review: LeftReview): ReportedItem {
  const { source } = review.subject;
  const nothing = { changes: [], patch: [], findings: [], images: [] };
  const result = isBroken(review)
    ? ({ outcome: 'undecided', refuses: null, hangsOn: ['manifest'] } as const)
    : ({ outcome: 'skipped', refuses: null, hangsOn: [] } as const);
  return { source, ...result, mode: null, runtimeClass: null, ...nothing };
}

export function reportImages({ containers }: DecidedAssessment): readonly ReportedImage[] {
  return containers.map((assessed) => ({
    container: assessed.container.name,
    image: reportedName(assessed),
    verdict: reportVerdict(assessed.verdict),
  }));
}

/** Reports Pods that exist as an item of their owner. */
function reportRunning({ subject, running }: RunningReview): ReportedItem {
  const { subject: _, notes: __, ...row } = running;
  return { source: subject.source, ...row };
}

/** What decides the outcome of a workload and of its Pods: what fails, then what is unknown, then what new Pods would get. */
function joinOutcomes(
  item: ReportedItem,
  running: AuditedWorkload,
): Pick<ReportedItem, 'outcome' | 'refuses' | 'hangsOn'> {
  if (item.outcome === 'refused') return item;
  if (running.outcome === 'refused') return running;
  if (running.outcome !== 'undecided') return item;
  return { ...item, outcome: 'undecided', hangsOn: [...new Set([...item.hangsOn, ...running.hangsOn])] };
}

/** Adds what the Pods of a workload lack to what its new Pods would get. */
export function withRunning(item: ReportedItem, running: AuditedWorkload | undefined): ReportedItem {
  if (running === undefined) return item;
  const { outcome, refuses, hangsOn } = joinOutcomes(item, running);
  const { pods } = running;
  return { ...item, outcome, refuses, hangsOn, pods, findings: [...item.findings, ...running.findings] };
}

export function reportReview(review: Reviewed, knowledge: Knowledge): ReportedItem {
  if (review.kind === 'running') return reportRunning(review);
  const item = review.kind === 'left' ? reportLeft(review) : reportDecided(review, knowledge);
  return withRunning(item, review.running);
}

function reportDecided(review: DecidedReview, knowledge: Knowledge): ReportedItem {
  const { assessment, patch, subject } = review;
  const prefix = formatPointer(subject.path ?? []);
  return {
    source: subject.source,
    ...outcomeOf(review),
    mode: assessment.outcome.mode,
    runtimeClass: reportClass(review.runtimeClass, subject.request.pod, knowledge),
    changes: review.changes.map(({ path, value, reason }) => ({
      field: formatField(prefix + path),
      value,
      reason,
    })),
    patch,
    findings: findingsOf(review),
    images: reportImages(assessment),
  };
}

/** Describes what an operator makes of an object, if there is something to set. */
function notesOnMaking({ subject, changes, assessment }: DecidedReview): readonly string[] {
  const { made } = subject;
  if (made === undefined) return [];
  const isFine = changes.length === 0 && assessment.decision.findings.length === 0;
  return [...(made.assumption === null ? [] : [made.assumption]), ...(isFine ? [] : [made.howToSet])];
}

/** Returns notes that are not findings: why nothing was assessed, or an invalid namespace label. */
export function remarksOf(review: Reviewed): readonly string[] {
  const running = review.running?.notes ?? [];
  switch (review.kind) {
    case 'left':
      return [review.reason, ...review.notes, ...running];
    case 'decided':
      return [...review.assessment.notes, ...notesOnMaking(review), ...running];
    case 'running':
      return running;
  }
}
