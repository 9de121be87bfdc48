import type { AssessPod } from '../assess/assessment.ts';
import type { JsonObject } from '../lib/json.ts';
import { groupKindOf, metadataText } from '../pod/object-metadata.ts';
import { isLiveObject } from '../pod/pod-status.ts';
import { isSpinApp } from '../pod/spin-app.ts';
import type { AuditedWorkload } from './audit-report.ts';
import { judgeSubjects, runConcurrently, type Reviewed, type RunningReview } from './judge-subjects.ts';
import { createOwnership, objectKey, referenceOf, type Ownership } from './ownership.ts';
import { distinctAdvice, unknownIn, type Knowledge } from './report-review.ts';
import { createRunningFold } from './running/fold-running.ts';
import { judgeRunning } from './running/judge-running.ts';
import { spinAppOver } from './spin-app-subject.ts';
import type { AssessableSubject, Subject } from './subject.ts';

export interface JudgingSession extends Knowledge {
  readonly assess: AssessPod;
}

interface SortedSubjects {
  /** Pods that exist. */
  readonly pods: readonly Subject[];
  /** What a controller wrote for an object that is judged itself. */
  readonly repeated: ReadonlySet<Subject>;
  readonly others: readonly Subject[];
}

function isLive({ object, uid }: Subject): boolean {
  return uid === null && isLiveObject(object);
}

function isLivePod(subject: Subject): boolean {
  const { apiVersion, kind } = referenceOf(subject.object);
  return kind === 'Pod' && apiVersion === 'v1' && isLive(subject);
}

function keyOf(object: JsonObject): string {
  return objectKey(metadataText(object, 'namespace'), referenceOf(object));
}

function sortSubjects(subjects: readonly Subject[], ownership: Ownership): SortedSubjects {
  const pods = subjects.filter(isLivePod);
  const workloads = subjects.filter((subject) => isLive(subject) && !isLivePod(subject));
  const known = new Set(workloads.map(({ object }) => keyOf(object)));
  const repeated = new Set<Subject>();
  const deployments = new Map<string, AssessableSubject>();
  for (const subject of workloads) {
    const namespace = metadataText(subject.object, 'namespace');
    const owners = ownership.ownersOfObject(subject.object);
    const keys = owners.map((owner) => objectKey(namespace, owner));
    if (!keys.some((key) => known.has(key))) continue;
    repeated.add(subject);
    const [owner] = owners;
    if (owner !== undefined && isSpinApp(groupKindOf(owner)) && subject.kind === 'assessable')
      deployments.set(objectKey(namespace, owner), subject);
  }
  const others = subjects.flatMap((subject): readonly Subject[] => {
    if (repeated.has(subject) || isLivePod(subject)) return [];
    const deployment = isLive(subject) ? deployments.get(keyOf(subject.object)) : undefined;
    return [deployment === undefined ? subject : spinAppOver(subject, deployment)];
  });
  return { pods, repeated, others };
}

/** Pods of one owner, with the first of them in the input. */
interface OwnerPods {
  readonly first: Subject;
  readonly running: AuditedWorkload;
}

/** Judges Pods that exist, and returns them by the key of their owner. */
async function foldPods(
  { assess, knowsClasses, installation }: JudgingSession,
  pods: readonly Subject[],
  { ownership, onReviewed }: { readonly ownership: Ownership; readonly onReviewed: () => void },
): Promise<Map<string, OwnerPods>> {
  const fold = createRunningFold(ownership, { knowsClasses, installation });
  const options = { now: Date.now(), installation };
  const judge = async (pod: Subject) => ({ pod, result: await judgeRunning(assess, pod.object, options) });
  const judged = await runConcurrently(pods, judge, onReviewed);
  const firsts = new Map<string, Subject>();
  const advice = new Map<string, ReadonlySet<string>>();
  for (const { pod, result } of judged) {
    const key = fold.add(pod.object, result);
    if (!firsts.has(key)) firsts.set(key, pod);
    if (result.kind !== 'running') continue;
    const unknown = distinctAdvice(unknownIn(result.assessment));
    if (unknown.length > 0) advice.set(key, new Set([...(advice.get(key) ?? []), ...unknown]));
  }
  return new Map(
    fold.rows().flatMap((running) => {
      const key = objectKey(running.subject.namespace, running.subject);
      const first = firsts.get(key);
      const notes = [...running.notes, ...[...(advice.get(key) ?? [])].map((text) => `To resolve: ${text}`)];
      return first === undefined ? [] : [[key, { first, running: { ...running, notes } }] as const];
    }),
  );
}

function ownerReview({ first, running }: OwnerPods): RunningReview {
  const { kind, namespace, name } = running.subject;
  const { source, object } = first;
  return {
    kind: 'running',
    subject: { source: { ...source, kind, namespace, name }, object, uid: null },
    running,
  };
}

export interface ReviewedSubjects {
  readonly reviews: readonly Reviewed[];
  /** What a controller wrote for an object that is reviewed itself. */
  readonly repeated: ReadonlySet<Subject>;
}

/**
 * Reviews objects, in order: those that exist by what their Pods have, with one result for each owner, and all others as if they
 * were applied.
 * @param onReviewed called with the number of objects reviewed so far
 */
export async function reviewSubjects(
  session: JudgingSession,
  subjects: readonly Subject[],
  onReviewed: (count: number) => void,
): Promise<ReviewedSubjects> {
  let count = 0;
  const onDone = (): void => onReviewed((count += 1));
  const ownership = createOwnership();
  for (const subject of subjects) if (isLive(subject)) ownership.note(subject.object);
  const { pods, repeated, others } = sortSubjects(subjects, ownership);
  const owners = await foldPods(session, pods, { ownership, onReviewed: onDone });
  const places = new Map<Reviewed, Subject>();
  for (const review of await judgeSubjects(session.assess, others, onDone)) {
    const key = isLive(review.subject) ? keyOf(review.subject.object) : '';
    const running = owners.get(key)?.running;
    owners.delete(key);
    places.set(running === undefined ? review : { ...review, running }, review.subject);
  }
  for (const owner of owners.values()) places.set(ownerReview(owner), owner.first);
  const order = new Map(subjects.map(({ source }, index) => [source, index]));
  const reviews = [...places]
    .toSorted(([, left], [, right]) => (order.get(left.source) ?? 0) - (order.get(right.source) ?? 0))
    .map(([review]) => review);
  return { reviews, repeated };
}
